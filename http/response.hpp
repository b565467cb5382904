#pragma once

#include <string>
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
