#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "delivery/address_guard.hpp"
#include "domain/attempt.hpp"
#include "domain/subscription.hpp"

namespace talaria::delivery {

/// One HTTP request, complete but for the connection.
struct outbound_request {
  domain::http_method method = domain::http_method::post;
  std::string url;
  /// `name: value`, in the order they are sent.
  std::vector<std::string> headers;
  std::string body;
  /// From the start of the name's resolution to the last byte of the answer.
  std::chrono::milliseconds timeout{15'000};
};

struct outbound_response {
  /// 0 when no status line was received.
  std::uint16_t status_code = 0;
  domain::attempt_error error = domain::attempt_error::none;
  /// As `domain::attempt::response_body`.
  std::string body;
  /// The `Retry-After` header, as a wait from now, if there was a valid one.
  std::optional<std::chrono::seconds> retry_after;
  std::chrono::microseconds duration{0};
};

struct engine_options {
  /// Threads with an event loop each; hosts are spread over them.
  std::size_t loops = 2;
  /// Requests under way at once, over all loops; the caller keeps to it.
  std::size_t in_flight_max = 4096;
  /// Connections kept open without a request, over all loops.
  std::size_t idle_connections_max = 1024;
  std::chrono::milliseconds connect_timeout{5'000};
  /// An answer's body is read up to this, then the connection is closed; the status counts.
  std::size_t response_bytes_max = 64 * 1024;
  std::size_t response_header_bytes_max = 32 * 1024;
  /// Names resolved at once.
  std::size_t resolver_threads = 4;
  std::chrono::seconds resolver_cache_ttl{30};
  address_policy addresses;
};

/// Sends requests on event loops of its own.
///
/// Thread-safe. A request's total cost while it waits is its memory: no thread is held.
class engine {
public:
  using completion = std::function<void(outbound_response)>;

  explicit engine(engine_options options);
  engine(const engine&) = delete;
  engine& operator=(const engine&) = delete;
  /// As `stop`.
  ~engine();

  /// Starts a request and returns at once. `done` is called exactly once, on a thread of the engine,
  /// and must not block or throw. After `stop` it is called with `attempt_error::aborted`.
  void send(outbound_request request, completion done);

  /// Ends every request under way with `attempt_error::aborted`, and joins the threads. Idempotent.
  void stop();

private:
  class implementation;
  std::unique_ptr<implementation> implementation_;
};

}  // namespace talaria::delivery
