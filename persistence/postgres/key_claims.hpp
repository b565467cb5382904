#pragma once

#include "persistence/event_appender.hpp"
#include "persistence/postgres/native_statement.hpp"
#include "persistence/sql/idempotency.hpp"

#include <map>
#include <optional>
#include <set>
#include <span>

namespace talaria::persistence::postgres {

struct key_statements {
  explicit key_statements(const sql::open_session& open);

  native_statement claim;
  native_statement find;
  native_statement hand_over;
  native_statement give_back;
};

/// The idempotency keys of a call, each for its first event, taken before it is known which of them
/// are needed: this is what other appenders with the same keys wait for.
///
/// Belongs to the transaction in which it is made.
class key_claims {
public:
  /// @throws soci::soci_error, as `settle` does
  key_claims(key_statements& sql, std::span<const event_group> groups);

  /// Who used a key before this call.
  std::optional<sql::key_use> find(const sql::key_name& name) const;

  /// Whether this very call, or a part of it, was made before.
  bool is_repetition() const;

  /// Leaves each claimed key to the event that uses it, and frees those that none does.
  void settle(const std::map<sql::key_name, sql::key_use>& used);

private:
  void add(const new_event& added);
  void claim();
  void find_unclaimed();

  key_statements& sql_;
  std::map<sql::key_name, sql::key_use> wanted_;
  std::map<sql::key_name, timestamp> used_at_;
  std::set<domain::event_id> claimed_events_;
  std::set<sql::key_name> claimed_;
  std::map<sql::key_name, sql::key_use> found_;
};

}  // namespace talaria::persistence::postgres
