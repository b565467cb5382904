#pragma once

#include "domain/event.hpp"
#include "domain/id.hpp"
#include "persistence/session.hpp"

#include <soci/soci.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace talaria::persistence::sql {

/// In what databases differ from each other where the statements are the same.
///
/// Statements are written as PostgreSQL has them, with these additions and forms, which `adapt`
/// turns into what its database understands:
/// - `:name::uuid` binds an id;
/// - `a ordered join b` and `from a indexed by i` tell SQLite's planner what PostgreSQL's finds by
///   its statistics;
/// - `a = any(array(select ...))` looks rows up one by one, where PostgreSQL would rather read all
///   for `a in (select ...)`, which is what SQLite has for it;
/// - `for update` locks rows where writers do not have to wait for each other.
///
/// Stateless, so thread-safe.
class dialect {
public:
  virtual ~dialect() = default;

  virtual std::string adapt(std::string sql) const = 0;

  virtual std::string to_stored(const domain::uuid& id) const = 0;
  /// @throws unreadable_row
  virtual domain::uuid read_id(const std::string& stored) const = 0;
  /// @throws unreadable_row
  virtual std::string read_payload(std::string stored) const = 0;

  /// A list of numbers as a fan-out is stored.
  virtual std::string to_stored(std::span<const subscription_number> numbers) const = 0;
  /// @throws unreadable_row
  virtual std::vector<subscription_number> read_numbers(std::string_view stored) const = 0;

  /// A condition on a row of `events` with the parameter `:labels`: whether it may have the labels
  /// that `to_label_filter` made a text of.
  virtual std::string_view label_condition() const = 0;
  virtual std::string to_label_filter(const domain::labels& wanted) const = 0;
  /// Whether rows that meet the condition have all of the labels, not just the first.
  virtual bool filters_all_labels() const = 0;

  /// `from <table> where subscription = ... and <condition> order by event_id desc limit :rows` for
  /// each of some subscriptions at once, which `:subscriptions` names as `to_stored` writes them.
  virtual std::string newest_of_each(std::string_view columns, std::string_view table,
                                     std::string_view condition) const = 0;
  /// How many of them.
  virtual std::size_t subscriptions_at_once() const = 0;

  /// A statement after which no join of the transaction is planned to look at all rows of a table
  /// for each row of another, however few they seem to be. Empty: none is.
  virtual std::string_view plan_for_many_rows() const = 0;

  /// Ends a statement's read before its last row.
  virtual void end_read(soci::statement& statement) const = 0;
};

}  // namespace talaria::persistence::sql
