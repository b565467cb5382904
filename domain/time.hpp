#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace talaria::domain {

/// UTC, to the microsecond.
using timestamp = std::chrono::sys_time<std::chrono::microseconds>;

/// RFC 3339 in UTC with six decimals: `2026-01-31T12:00:00.000000Z`.
std::string to_rfc3339(timestamp time);

/// Accepts RFC 3339 with any offset and any number of decimals; those past the sixth are dropped.
/// Years 1970 to 9999, in UTC.
std::optional<timestamp> parse_rfc3339(std::string_view text);

/// An HTTP date in the format of RFC 9110, section 5.6.7 (IMF-fixdate only).
std::optional<timestamp> parse_http_date(std::string_view text);

}  // namespace talaria::domain
