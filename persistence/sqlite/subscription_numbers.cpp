#include "persistence/sqlite/subscription_numbers.hpp"

#include "persistence/sqlite/connection.hpp"

#include <fmt/format.h>

#include <charconv>
#include <iterator>

namespace talaria::persistence::sqlite {

std::string to_json(std::span<const delivery_target> fan_out) {
  std::string json = "[";
  for (const auto& target : fan_out) {
    if (json.size() > 1)
      json += ',';
    fmt::format_to(std::back_inserter(json), "{}", domain::to_integer(target.subscription));
  }
  json += ']';
  return json;
}

std::vector<subscription_number> parse_subscription_numbers(std::string_view json) {
  std::vector<subscription_number> numbers;
  if (json == "[]")
    return numbers;
  // Each number stands after the bracket or a comma; the last is followed by the closing bracket.
  const char* const end = json.data() + json.size();
  for (const char* at = json.data(); at != end && *at == (numbers.empty() ? '[' : ',');) {
    std::uint32_t number = 0;
    const auto [next, failed] = std::from_chars(at + 1, end, number);
    if (failed != std::errc{})
      break;
    numbers.push_back(subscription_number{number});
    if (next + 1 == end && *next == ']')
      return numbers;
    at = next;
  }
  throw unreadable_row("the fan-out of an event is not an array of numbers");
}

}  // namespace talaria::persistence::sqlite
