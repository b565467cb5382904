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

}  // namespace talaria::http
