#pragma once

#include "domain/error.hpp"
#include "http/response.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace talaria::http {

/// What went wrong, as a client is told: RFC 9457, with our `code`, `field` and `request_id`.
struct problem {
  unsigned status = 500;
  /// Stable; snake_case.
  std::string code;
  std::string detail;
  /// A JSON pointer, or empty.
  std::string field;
  std::optional<std::chrono::seconds> retry_after;
  std::vector<std::pair<std::string, std::string>> headers;
  /// The request's end cannot be found, or the node goes away: end the connection.
  bool close = false;
  /// Text of a JSON array for the member `errors`; empty for none.
  std::string errors;
};

/// The one place where a code gets its status.
problem to_problem(const domain::error& error);

/// A problem of HTTP itself, for which `domain::ec` has no code.
problem protocol_problem(unsigned status, std::string code, std::string detail);

response to_response(const problem& problem, std::string_view request_id);

}  // namespace talaria::http
