#pragma once

#include <chrono>
#include <map>
#include <string>

namespace talaria::chaos {

/// What a request came to.
struct http_answer {
  /// 0: there was none, and what became of the request is unknown.
  long status = 0;
  std::string body{};

  bool is_success() const { return status >= 200 && status < 300; }
};

struct http_request {
  std::string method;
  std::string url;
  std::string key;
  std::string body{};
  std::map<std::string, std::string> headers{};
  std::chrono::milliseconds timeout{10'000};
  /// On a connection of its own. On one that was kept it may be sent twice, unasked: when that
  /// turns out to be dead.
  bool once = false;
};

/// Blocking; each thread keeps a connection of its own.
http_answer send(const http_request& request);

}  // namespace talaria::chaos
