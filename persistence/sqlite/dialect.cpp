#include "persistence/sqlite/dialect.hpp"

#include "persistence/sql/connection.hpp"
#include "persistence/sql/subscription_numbers.hpp"

#include <fmt/format.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <algorithm>
#include <regex>

namespace talaria::persistence::sqlite {

namespace {

constexpr sql::brackets json_array{'[', ']'};

}  // namespace

std::string dialect::adapt(std::string sql) const {
  static const std::regex id_parameter{R"((:[a-z_]+)::uuid)"};
  static const std::regex ordered_join{R"(\bordered join\b)"};
  static const std::regex any_of_rows{R"(= any\(array\(([^()]*)\)\))"};
  // Writers wait for each other in any case.
  static const std::regex row_lock{R"(\s+for update\b)"};
  sql = std::regex_replace(sql, any_of_rows, "in ($1)");
  // SOCI binds a `std::string` as text.
  sql = std::regex_replace(sql, id_parameter, "cast($1 as blob)");
  sql = std::regex_replace(sql, ordered_join, "cross join");
  return std::regex_replace(sql, row_lock, "");
}

std::string dialect::to_stored(const domain::uuid& id) const {
  return {id.bytes.begin(), id.bytes.end()};
}

domain::uuid dialect::read_id(const std::string& stored) const {
  domain::uuid id;
  if (stored.size() != id.bytes.size())
    throw sql::unreadable_row("an id has not 16 bytes");
  std::copy(stored.begin(), stored.end(), id.bytes.begin());
  return id;
}

std::string dialect::to_stored(std::span<const subscription_number> numbers) const {
  return sql::write_subscription_numbers(numbers, json_array);
}

std::vector<subscription_number> dialect::read_numbers(std::string_view stored) const {
  return sql::parse_subscription_numbers(stored, json_array);
}

/// SQLite passes over most events by a search for one label in the JSON text.
std::string_view dialect::label_condition() const {
  return "instr(labels, :labels) > 0";
}

std::string dialect::to_label_filter(const domain::labels& wanted) const {
  const auto object = domain::to_json(domain::labels{wanted.front()});
  return object.substr(1, object.size() - 2);
}

std::string dialect::newest_of_each(std::string_view columns, std::string_view table,
                                    std::string_view condition) const {
  return fmt::format(
      "select {} from {} where subscription = json_extract(:subscriptions, '$[0]') and {} "
      "order by event_id desc limit :rows",
      columns, table, condition);
}

void dialect::end_read(soci::statement& statement) const {
  auto* backend = static_cast<soci::sqlite3_statement_backend*>(statement.get_backend());
  sqlite_api::sqlite3_reset(backend->stmt_);
}

}  // namespace talaria::persistence::sqlite
