#pragma once

#include "persistence/sqlite/conversions.hpp"

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

namespace talaria::persistence::sqlite {

/// What a query returns for each row.
template <class... Columns>
using row = std::tuple<Columns...>;

/// A prepared statement bound to parameters that live beside it.
///
/// Parameters are bound in the order in which their names first appear in the SQL; a name that
/// appears again means the same value. After an exception it must be destroyed, not used again:
/// SOCI leaks its buffers otherwise. It must not outlive its session.
template <class... Parameters>
class statement {
public:
  statement(const statement&) = delete;
  statement& operator=(const statement&) = delete;

protected:
  explicit statement(soci::session& session) : prepared_{session} {}
  ~statement() = default;

  template <class... Columns>
  void prepare(const std::string& sql, std::tuple<Columns...>& columns) {
    std::apply([&](auto&... column) { (prepared_.exchange(soci::into(column)), ...); }, columns);
    // Bound as constants: SOCI would otherwise write user types back after each execution.
    std::apply([&](const auto&... value) { (prepared_.exchange(soci::use(value)), ...); },
               std::as_const(parameters_));
    prepared_.alloc();
    prepared_.prepare(sql);
    prepared_.define_and_bind();
  }

  bool execute(const Parameters&... values) {
    parameters_ = std::tie(values...);
    return prepared_.execute(true);
  }

  bool fetch() { return prepared_.fetch(); }

  std::size_t changed_rows() { return static_cast<std::size_t>(prepared_.get_affected_rows()); }

  /// Ends the statement's read: one left half fetched would keep the log from being checkpointed.
  void reset() {
    auto* backend = static_cast<soci::sqlite3_statement_backend*>(prepared_.get_backend());
    sqlite_api::sqlite3_reset(backend->stmt_);
  }

private:
  std::tuple<Parameters...> parameters_;
  soci::statement prepared_;
};

/// A prepared statement without rows: `command<event_id> forget{session, "delete ..."};
/// forget(id);`.
template <class... Parameters>
class command : private statement<Parameters...> {
public:
  command(soci::session& session, const std::string& sql) : statement<Parameters...>{session} {
    std::tuple<> no_columns;
    this->prepare(sql, no_columns);
  }

  /// @returns how many rows it inserted, updated or deleted.
  std::size_t operator()(const Parameters&... values) {
    this->execute(values...);
    return this->changed_rows();
  }
};

/// A prepared statement with rows, written as a function:
/// `query<row<event_id>(subscription_number)>`.
template <class Signature>
class query;

template <class... Columns, class... Parameters>
class query<std::tuple<Columns...>(Parameters...)> : private statement<Parameters...> {
public:
  query(soci::session& session, const std::string& sql) : statement<Parameters...>{session} {
    this->prepare(sql, columns_);
  }

  /// Shows each row to `visit`, which may move its columns away, and may return false to stop.
  template <class Visit>
  void each(Visit visit, const Parameters&... values) {
    for (bool found = this->execute(values...); found; found = this->fetch()) {
      if constexpr (std::same_as<std::invoke_result_t<Visit&, Columns&...>, bool>) {
        if (!std::apply(visit, columns_))
          break;
      } else {
        std::apply(visit, columns_);
      }
    }
    this->reset();
  }

  /// The first row, if there is one.
  std::optional<std::tuple<Columns...>> first(const Parameters&... values) {
    const bool found = this->execute(values...);
    this->reset();
    if (!found)
      return std::nullopt;
    return std::move(columns_);
  }

  /// The first row's only column. @pre the query always has a row
  auto value(const Parameters&... values) {
    static_assert(sizeof...(Columns) == 1);
    this->execute(values...);
    this->reset();
    return std::get<0>(columns_);
  }

private:
  std::tuple<Columns...> columns_;
};

}  // namespace talaria::persistence::sqlite
