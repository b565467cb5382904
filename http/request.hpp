#pragma once

#include "http/byte_buffer.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace talaria::http {

struct route;

struct header_field {
  std::string_view name;
  std::string_view value;
};

struct path_parameter {
  std::string_view name;
  std::string_view value;
};

/// A well-formed HTTP request. Its views point into its own buffers; it is never copied or moved.
struct request {
  request() = default;
  request(const request&) = delete;
  request& operator=(const request&) = delete;

  std::string_view method;
  /// As sent, but for an absolute form, which loses scheme and authority.
  std::string_view target;
  /// The target before and after its first question mark, not decoded.
  std::string_view path;
  std::string_view query;
  std::vector<header_field> headers;
  /// With its transfer coding removed.
  std::string_view body;

  /// The client's `X-Request-Id` if it is fit for logs, else one of ours.
  std::string id;
  /// Of whoever sent it, as far as it can be known behind proxies; as text, for logs.
  std::string client_address;
  /// Set by the router.
  const http::route* route = nullptr;
  std::vector<path_parameter> parameters;

  byte_buffer head_bytes;
  byte_buffer body_bytes;

  /// The first field of that name, which is compared without regard to case.
  std::optional<std::string_view> header(std::string_view name) const;
  std::size_t header_count(std::string_view name) const;

  /// @returns an empty view if the route has no such parameter.
  std::string_view parameter(std::string_view name) const;
};

/// ASCII only.
bool equals_ignoring_case(std::string_view left, std::string_view right);

}  // namespace talaria::http
