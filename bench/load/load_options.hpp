#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace talaria::load {

/// What to submit to a running Talaria, and how fast.
struct load_options {
  /// `http://<host>[:<port>]`; several addresses of a host are not tried in turn.
  std::string url = "http://127.0.0.1:8080";
  /// With the scope `ingest`.
  std::string api_key;

  /// Connections kept alive, each with at most one request under way. At most `clients_max`.
  std::size_t clients = 16;
  /// No request is started after this; those under way are waited for. At most `duration_max`.
  std::chrono::milliseconds duration{10'000};
  /// The run ends earlier when no further request fits into so many events, and all are answered.
  std::optional<std::uint64_t> events_max;
  /// Over all clients, at most `events_per_second_max`. Unset: each client submits again as soon as
  /// it has its answer. Set: requests are due at even intervals whatever the answers do, and
  /// latency counts from when one was due.
  std::optional<double> events_per_second;
  /// Events in a request, up to the API's own limit; 1 uses the operation for single events.
  std::size_t batch_events = 1;
  /// Taken in turn, request by request.
  std::vector<std::string> event_types{"bench.event"};
  /// Its id; empty for the application of the key, or `default` for a key of none.
  std::string application;
  /// Of each event's payload, at least `payload_bytes_min`.
  std::size_t payload_bytes = 300;
  /// A request without an answer for so long is given up, with its connection.
  std::chrono::milliseconds request_timeout{30'000};

  /// How many events may have been submitted by now, counted from the run's start; asked before
  /// each request. It lets a caller submit only as fast as deliveries arrive. Unset: any number.
  std::function<std::uint64_t()> events_allowed;
  /// Asked many times a second: once it says true, the run ends as if its duration were over.
  /// Unset: never.
  std::function<bool()> interrupted;
};

/// Each needs a file descriptor and up to a request's size in memory.
inline constexpr std::size_t clients_max = 10'000;
inline constexpr std::chrono::hours duration_max{24};
/// More than one event loop can make: a greater one is a slip of the finger.
inline constexpr double events_per_second_max = 1e6;

}  // namespace talaria::load
