#pragma once

#include "domain/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace talaria::domain {

/// The parts of a receiver's URL that decisions need.
struct webhook_url {
  bool secure = false;
  /// Lower-case; an IPv6 address without its brackets.
  std::string host;
  std::uint16_t port = 0;
};

/// Accepts absolute `http` and `https` URLs of at most `limits::url_bytes_max` bytes without user
/// information, fragment, control characters or spaces, with a port from 1 to 65535. The host is
/// not percent-encoded.
///
/// @returns the fault with `field` left empty.
result<webhook_url> parse_webhook_url(std::string_view text);

}  // namespace talaria::domain
