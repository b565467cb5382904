#pragma once

#include "domain/sliding_window.hpp"
#include "http/exchange.hpp"
#include "http/problem.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace talaria::http {

/// Tells the client how it stands with a limit, by `RateLimit-Limit`, `RateLimit-Remaining` and
/// `RateLimit-Reset` (seconds), as draft-ietf-httpapi-ratelimit-headers had them first.
///
/// @param what `events a second`
/// @returns 429 with `Retry-After` if the limit is reached.
std::optional<problem> judge(const responder& responder,
                             const domain::sliding_window::verdict& verdict, std::uint32_t limit,
                             std::string_view what);

}  // namespace talaria::http
