#pragma once

#include "domain/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace talaria::delivery {

/// An HTTP proxy that all requests go through: by CONNECT to `https` receivers, with the whole URL
/// in the request line to `http` ones.
struct proxy {
  /// A name, or an address without its brackets.
  std::string host;
  std::uint16_t port = 0;
  /// Empty: it is asked without credentials.
  std::string user;
  std::string password;

  bool operator==(const proxy&) const = default;
};

/// Reads `http://[user:password@]host:port`, user and password percent-encoded.
///
/// @returns a fault that repeats nothing of the text, as a password may be in it.
domain::result<proxy> parse_proxy(std::string_view text);

}  // namespace talaria::delivery
