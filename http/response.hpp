#pragma once

#include "http/body_stream.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace talaria::http {

struct response {
  unsigned status = 200;
  std::string body;
  /// Empty: the response has no body.
  std::string content_type;
  std::vector<std::pair<std::string, std::string>> headers;
  /// End the connection after this response.
  bool close = false;
  /// Instead of `body`: bytes that live as long as the process, so that clients that read slowly
  /// hold no copies of them.
  std::string_view static_body{};
  /// Instead of `body`: what is written to it, until either side ends the connection.
  std::shared_ptr<body_stream> stream{};
};

/// A response as it is sent: `text`, and then `static_body`.
struct serialized_response {
  std::string text;
  std::string_view static_body;

  /// What is left to send after so many bytes, or a part of it; empty: nothing.
  std::string_view after(std::size_t bytes) const {
    return bytes < text.size() ? std::string_view(text).substr(bytes)
                               : static_body.substr(bytes - text.size());
  }
};

inline response json_response(unsigned status, std::string body) {
  return {.status = status,
          .body = std::move(body),
          .content_type = "application/json",
          .headers = {},
          .close = false};
}

/// @param location The path of what was created.
inline response created_response(std::string body, std::string location) {
  response made = json_response(201, std::move(body));
  made.headers.emplace_back("Location", std::move(location));
  return made;
}

inline response no_content_response() {
  return {.status = 204, .body = {}, .content_type = {}, .headers = {}, .close = false};
}

}  // namespace talaria::http
