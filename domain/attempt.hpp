#pragma once

#include "domain/time.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace talaria::domain {

/// Why an attempt got no complete answer, or none that may be taken.
enum class attempt_error : std::uint8_t {
  none = 0,
  timeout,             ///< connect or total time exceeded
  dns,                 ///< the host's name could not be resolved
  connect,             ///< refused or unreachable
  tls,                 ///< handshake or certificate failed
  reset,               ///< the connection broke after it was made
  blocked_address,     ///< the address guard refused every address of the host
  invalid_response,    ///< what came back is not HTTP
  response_too_large,  ///< headers over the limit; a body is cut, not refused
  aborted,             ///< Talaria stopped, or gave up the shard, while the request was under way
  internal,            ///< the request could not be made; see the log
  isolated,            ///< none was made: handling the event failed inside Talaria time and again
};

inline constexpr auto last_attempt_error = attempt_error::isolated;

std::string_view to_string(attempt_error error);
std::optional<attempt_error> parse_attempt_error(std::string_view text);

/// One HTTP request to a receiver and what came of it.
struct attempt {
  /// From 1 on, over all runs of the schedule.
  std::uint32_t number = 0;
  timestamp started_at;
  std::chrono::milliseconds duration{0};
  /// 0 when no status line was received.
  std::uint16_t status_code = 0;
  attempt_error error = attempt_error::none;
  /// The first `limits::response_body_characters_kept` characters, valid UTF-8, NULs replaced.
  std::string response_body;
  /// The node that made the request.
  std::string node;

  bool succeeded() const {
    return error == attempt_error::none && status_code >= 200 && status_code < 300;
  }
};

}  // namespace talaria::domain
