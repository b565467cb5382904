#pragma once

#include <chrono>
#include <cstddef>

namespace talaria::http {

/// What a client may send, and how slowly, before any route has a say.
struct transport_limits {
  std::size_t request_line_bytes_max = 8 * 1024;
  /// From the end of the request line to the empty line.
  std::size_t header_bytes_max = 16 * 1024;
  std::size_t headers_max = 100;

  std::size_t connections_max = 10'000;
  /// From one client address; 0 for no such bound. Trusted proxies have none.
  std::size_t connections_per_address_max = 1'000;
  /// Left to the store, the outbound engine and logs: connections never take the last descriptors.
  std::size_t file_descriptors_reserved = 512;
  /// Bodies being received or waiting for their answer, over all connections.
  std::size_t body_bytes_in_flight_max = 256 * 1024 * 1024;
  /// Of these, for one client address, also behind a trusted proxy; 0 for no such bound. Bodies
  /// come before their keys are known: without it, sixteen that come slowly keep out all others.
  std::size_t body_bytes_per_address_max = 64 * 1024 * 1024;

  /// From a request's first byte (or a connection's opening) to the end of its head.
  std::chrono::milliseconds head_deadline{10'000};
  /// A body may pause this long, and must on the whole come at the given rate.
  std::chrono::milliseconds body_pause_max{10'000};
  std::size_t body_bytes_per_second_min = 1024;
  /// Between two requests.
  std::chrono::milliseconds idle_deadline{75'000};
  /// For the client to take an answer.
  std::chrono::milliseconds write_deadline{30'000};
  /// After the last answer of a connection: how long to drain what the client still sends, so that
  /// a reset does not take the answer from it.
  std::chrono::milliseconds linger_deadline{1'000};
};

}  // namespace talaria::http
