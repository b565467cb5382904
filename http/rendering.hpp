#pragma once

#include "domain/attempt.hpp"
#include "domain/event.hpp"
#include "domain/recovery.hpp"
#include "domain/subscription.hpp"
#include "domain/tenancy.hpp"
#include "persistence/history.hpp"

#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <string_view>

/// Resources as clients see them, as text of JSON.
namespace talaria::http {

/// RFC 3339, or null.
boost::json::value time_or_null(const std::optional<domain::timestamp>& time);

/// The text, or null if it is empty.
boost::json::value text_or_null(const std::string& text);

std::string to_json(const domain::attempt& attempt);
std::string to_json(const persistence::delivery_row& delivery);
std::string to_json(const domain::recovery& recovery);
std::string to_json(const domain::application& application);
/// @param now Decides whether its breaker is open or half open.
std::string to_json(const domain::subscription& subscription, domain::timestamp now);

/// Without the payload.
std::string to_json(const domain::event& event);

/// With the payload, byte for byte, and its deliveries.
/// @param deliveries Text of a JSON array.
std::string to_json(const domain::event& event, std::string_view deliveries);

}  // namespace talaria::http
