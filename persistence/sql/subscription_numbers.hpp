#pragma once

#include "persistence/event_appender.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace talaria::persistence::sql {

/// What a list of numbers stands in: `[1,2]` is an array in JSON, `{1,2}` one of PostgreSQL.
struct brackets {
  char opening = '[';
  char closing = ']';
};

std::string write_subscription_numbers(std::span<const subscription_number> numbers,
                                       brackets around);

/// Reads what `write_subscription_numbers` wrote. @throws unreadable_row
std::vector<subscription_number> parse_subscription_numbers(std::string_view text, brackets around);

/// The numbers of a fan-out.
std::vector<subscription_number> numbers_of(std::span<const delivery_target> fan_out);

}  // namespace talaria::persistence::sql
