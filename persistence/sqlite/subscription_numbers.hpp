#pragma once

#include "persistence/store.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace talaria::persistence::sqlite {

/// The subscriptions of a fan-out as the JSON array that an event's row holds.
std::string to_json(std::span<const delivery_target> fan_out);

/// Reads what `to_json` wrote. @throws unreadable_row
std::vector<subscription_number> parse_subscription_numbers(std::string_view json);

}  // namespace talaria::persistence::sqlite
