#pragma once

#include "persistence/sql/column.hpp"
#include "persistence/sql/connection.hpp"

#include <soci/soci.h>

#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace talaria::persistence::sql {

/// The names of the parameters of an SQL text, each once, in the order of their first appearance.
std::vector<std::string> parameter_names(std::string_view sql);

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
  explicit statement(const open_session& open) : speaks_{open.speaks}, prepared_{open.session} {}
  ~statement() = default;

  template <class... Columns>
  void prepare(const std::string& sql, std::tuple<bound<Columns>...>& columns) {
    std::apply(
        [&](auto&... column) {
          (prepared_.exchange(soci::into(column.base, column.present)), ...);
        },
        columns);
    const auto text = speaks_.adapt(sql);
    bind(parameter_names(text), std::index_sequence_for<Parameters...>{});
    prepared_.alloc();
    prepared_.prepare(text);
    prepared_.define_and_bind();
  }

  bool execute(const Parameters&... values) {
    std::apply([&](auto&... parameter) { (parameter.write(speaks_, values), ...); }, parameters_);
    return prepared_.execute(true);
  }

  bool fetch() { return prepared_.fetch(); }

  std::size_t changed_rows() { return static_cast<std::size_t>(prepared_.get_affected_rows()); }

  /// Ends the statement's read: one left half fetched would keep SQLite's log from being
  /// checkpointed.
  void reset() { speaks_.end_read(prepared_); }

  const dialect& speaks_;

private:
  // By name, since SOCI counts a name that PostgreSQL meets twice as two positions.
  template <std::size_t... Index>
  void bind(const std::vector<std::string>& names, std::index_sequence<Index...>) {
    (prepared_.exchange(soci::use(std::get<Index>(parameters_).base,
                                  std::get<Index>(parameters_).present, names.at(Index))),
     ...);
  }

  std::tuple<bound<Parameters>...> parameters_;
  soci::statement prepared_;
};

/// A prepared statement without rows: `command<event_id> forget{open, "delete ..."}; forget(id);`.
template <class... Parameters>
class command : private statement<Parameters...> {
public:
  command(const open_session& open, const std::string& sql) : statement<Parameters...>{open} {
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
  query(const open_session& open, const std::string& sql) : statement<Parameters...>{open} {
    this->prepare(sql, columns_);
  }

  /// Shows each row to `visit`, which may move its columns away, and may return false to stop.
  template <class Visit>
  void each(Visit visit, const Parameters&... values) {
    std::tuple<Columns...> row;
    for (bool found = this->execute(values...); found; found = this->fetch()) {
      read(row);
      if constexpr (std::same_as<std::invoke_result_t<Visit&, Columns&...>, bool>) {
        if (!std::apply(visit, row))
          break;
      } else {
        std::apply(visit, row);
      }
    }
    this->reset();
  }

  /// The first row, if there is one.
  std::optional<std::tuple<Columns...>> first(const Parameters&... values) {
    const bool found = this->execute(values...);
    std::optional<std::tuple<Columns...>> row;
    if (found)
      read(row.emplace());
    this->reset();
    return row;
  }

  /// The first row's only column. @pre the query always has a row
  auto value(const Parameters&... values) {
    static_assert(sizeof...(Columns) == 1);
    return std::get<0>(first(values...).value());
  }

private:
  void read(std::tuple<Columns...>& row) { read(row, std::index_sequence_for<Columns...>{}); }

  template <std::size_t... Index>
  void read(std::tuple<Columns...>& row, std::index_sequence<Index...>) {
    (std::get<Index>(columns_).read(this->speaks_, std::get<Index>(row)), ...);
  }

  std::tuple<bound<Columns>...> columns_;
};

}  // namespace talaria::persistence::sql
