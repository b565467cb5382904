#include "persistence/postgres/dialect.hpp"

#include "persistence/postgres/payload_encoding.hpp"
#include "persistence/sql/connection.hpp"
#include "persistence/sql/subscription_numbers.hpp"

#include <fmt/format.h>

#include <regex>

namespace talaria::persistence::postgres {

namespace {

constexpr sql::brackets array_literal{'{', '}'};
constexpr std::string_view hexadecimal_prefix = "\\x";

int digit_of(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  throw sql::unreadable_row("a payload is not in hexadecimal digits");
}

}  // namespace

std::string dialect::adapt(std::string sql) const {
  static const std::regex planner_hints{R"(\s+indexed by [a-z_]+|\bordered (?=join\b))"};
  return std::regex_replace(sql, planner_hints, "");
}

domain::uuid dialect::read_id(const std::string& stored) const {
  const auto id = domain::parse_uuid(stored);
  if (!id)
    throw sql::unreadable_row("an id is no UUID");
  return *id;
}

std::string dialect::read_payload(std::string stored) const {
  if (!stored.starts_with(hexadecimal_prefix) || stored.size() % 2 != 0)
    throw sql::unreadable_row("a payload is not in hexadecimal digits");
  // In place: the bytes are written behind where they are read.
  std::size_t bytes = 0;
  for (auto at = hexadecimal_prefix.size(); at < stored.size(); at += 2)
    stored[bytes++] = static_cast<char>(digit_of(stored[at]) << 4 | digit_of(stored[at + 1]));
  stored.resize(bytes);
  return decode_payload(std::move(stored));
}

std::string dialect::to_stored(std::span<const subscription_number> numbers) const {
  return sql::write_subscription_numbers(numbers, array_literal);
}

std::vector<subscription_number> dialect::read_numbers(std::string_view stored) const {
  return sql::parse_subscription_numbers(stored, array_literal);
}

/// As the index on labels has it, which leaves out events without labels.
std::string_view dialect::label_condition() const {
  return "labels <> '{}' and labels::jsonb @> cast(:labels as jsonb)";
}

std::string dialect::to_label_filter(const domain::labels& wanted) const {
  return domain::to_json(wanted);
}

std::string dialect::newest_of_each(std::string_view columns, std::string_view table,
                                    std::string_view condition) const {
  return fmt::format(
      "select {0} from unnest(cast(:subscriptions as int[])) wanted(wanted_number) "
      "cross join lateral (select {0} from {1} where subscription = wanted_number and {2} "
      "order by event_id desc limit :rows) newest",
      columns, table, condition);
}

}  // namespace talaria::persistence::postgres
