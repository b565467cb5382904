#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace talaria::http {

using sha256_digest = std::array<std::uint8_t, 32>;

/// The hash of the parts joined, without a mark between them.
sha256_digest sha256(std::initializer_list<std::string_view> parts);
sha256_digest hmac_sha256(std::string_view key, std::string_view text);

}  // namespace talaria::http
