#pragma once

#include <string>

namespace talaria::console {

/// Where a Talaria answers, and the key that it is asked with.
struct server {
  /// `http://` or `https://`, a host, and whatever comes before `/api/v1`.
  std::string url = "http://127.0.0.1:8080";
  std::string api_key;
};

}  // namespace talaria::console
