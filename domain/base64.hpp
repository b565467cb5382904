#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace talaria::domain {

/// The base64 of RFC 4648, section 4, with padding.
std::string to_base64(std::string_view bytes);

/// @returns nothing unless `text` is exactly what `to_base64` makes of some bytes: bytes have one
/// text.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace talaria::domain
