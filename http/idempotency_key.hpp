#pragma once

#include "domain/error.hpp"

#include <string_view>

namespace talaria::http {

/// @param field Named by the error, without a slash.
/// @returns `ec::invalid_value` unless it has 1 to 255 bytes and no NUL.
domain::result<void> check_idempotency_key(std::string_view key, std::string_view field);

}  // namespace talaria::http
