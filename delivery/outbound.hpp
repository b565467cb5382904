#pragma once

#include "domain/attempt.hpp"
#include "domain/receiver_tls.hpp"
#include "domain/subscription.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace talaria::delivery {

/// One HTTP request, complete but for the connection.
struct outbound_request {
  domain::http_method method = domain::http_method::post;
  std::string url;
  /// `name: value`, in the order they are sent.
  std::vector<std::string> headers;
  std::string body;
  /// What is said of the connection; other requests' connections are not used for it.
  domain::shared_receiver_tls tls = nullptr;
  /// From the start of the name's resolution to the last byte of the answer; at most
  /// `domain::limits::timeout_max` counts.
  std::chrono::milliseconds timeout{15'000};
};

struct outbound_response {
  /// 0 when no status line was received. May be set beside an error: an answer broke off.
  std::uint16_t status_code = 0;
  domain::attempt_error error = domain::attempt_error::none;
  /// As `domain::attempt::response_body`.
  std::string body;
  /// The `Retry-After` header, as a wait from now, if there was a valid one; at most
  /// `domain::limits::retry_delay_max`.
  std::optional<std::chrono::seconds> retry_after;
  std::chrono::microseconds duration{0};
};

}  // namespace talaria::delivery
