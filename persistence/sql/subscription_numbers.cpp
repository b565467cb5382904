#include "persistence/sql/subscription_numbers.hpp"

#include "persistence/sql/connection.hpp"

#include <fmt/format.h>

#include <charconv>
#include <iterator>

namespace talaria::persistence::sql {

std::string write_subscription_numbers(std::span<const subscription_number> numbers,
                                       brackets around) {
  std::string text(1, around.opening);
  for (const auto number : numbers) {
    if (text.size() > 1)
      text += ',';
    fmt::format_to(std::back_inserter(text), "{}", domain::to_integer(number));
  }
  text += around.closing;
  return text;
}

std::vector<subscription_number> parse_subscription_numbers(std::string_view text,
                                                            brackets around) {
  std::vector<subscription_number> numbers;
  if (text.size() == 2 && text.front() == around.opening && text.back() == around.closing)
    return numbers;
  // Each number stands after the bracket or a comma; the last is followed by the closing bracket.
  const char* const end = text.data() + text.size();
  for (const char* at = text.data();
       at != end && *at == (numbers.empty() ? around.opening : ',');) {
    std::uint32_t number = 0;
    const auto [next, failed] = std::from_chars(at + 1, end, number);
    if (failed != std::errc{})
      break;
    numbers.push_back(subscription_number{number});
    if (next + 1 == end && *next == around.closing)
      return numbers;
    at = next;
  }
  throw unreadable_row("the fan-out of an event is not a list of numbers");
}

std::vector<subscription_number> numbers_of(std::span<const delivery_target> fan_out) {
  std::vector<subscription_number> numbers;
  numbers.reserve(fan_out.size());
  for (const auto& target : fan_out)
    numbers.push_back(target.subscription);
  return numbers;
}

}  // namespace talaria::persistence::sql
