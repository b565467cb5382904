#pragma once

#include "domain/error.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <string>

namespace talaria::load {

/// A server to connect to.
struct target {
  sockaddr_storage address{};
  socklen_t address_bytes = 0;
  int family = AF_INET;
  /// As a request's Host header names it.
  std::string host;
};

/// Resolves the name, which may take seconds.
///
/// @returns `ec::invalid_value` for what is not an absolute http URL, `ec::not_supported` for
/// https.
domain::result<target> resolve_target(const std::string& url);

}  // namespace talaria::load
