#pragma once

#include "delivery/address_guard.hpp"
#include "delivery/outbound.hpp"
#include "delivery/proxy.hpp"
#include "delivery/resolver.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace talaria::delivery {

struct engine_options {
  /// Threads with an event loop each; hosts are spread over them.
  std::size_t loops = 2;
  /// Requests under way at once, over all loops. The caller keeps to it: one more ends as
  /// `attempt_error::internal`.
  std::size_t in_flight_max = 4096;
  /// Connections kept open without a request, over all loops.
  std::size_t idle_connections_max = 1024;
  std::chrono::milliseconds connect_timeout{5'000};
  /// An answer's body is read up to this, then the connection is closed; the status counts.
  std::size_t response_bytes_max = 64 * 1024;
  /// Of the status line, the headers and the trailers, those of 1xx answers included.
  std::size_t response_header_bytes_max = 32 * 1024;
  /// A file of PEM certificates that receivers' certificates are checked against; empty for the
  /// system's.
  std::string ca_bundle;
  /// What all requests go through. Names are resolved and addresses checked all the same, and a
  /// host must have none that is forbidden, as it is the proxy that chooses among them. Its own
  /// address need not be allowed.
  std::optional<delivery::proxy> proxy;
  /// Which addresses may be connected to.
  address_policy addresses;
  resolver_options names;
};

/// Sends requests on event loops of its own.
///
/// Thread-safe. A request's total cost while it waits is its memory: no thread is held.
///
/// A host with several addresses is tried at the first of those that the policy allows, in the
/// resolver's order; if it cannot be connected to, at the next, up to three in all. Connections are
/// kept and reused: if one of them breaks before anything was answered, libcurl sends the request
/// once more on a new one.
class engine {
public:
  using completion = std::function<void(outbound_response)>;

  /// @throws std::runtime_error if the system or libcurl refuses what the engine needs
  explicit engine(engine_options options);
  engine(const engine&) = delete;
  engine& operator=(const engine&) = delete;
  /// As `stop`.
  ~engine();

  /// Starts a request and returns at once. `done` is called exactly once and must not block or
  /// throw: on a thread of the engine, or, for a request that cannot be started (after `stop`, over
  /// `in_flight_max`, or one that is malformed), on the caller's before `send` returns.
  void send(outbound_request request, completion done);

  /// Ends every request under way with `attempt_error::aborted`, soon after. Does not block.
  void abort_all();

  /// The same, and joins the loops' threads.
  /// Idempotent; must not be called from a completion.
  void stop();

private:
  class implementation;
  std::unique_ptr<implementation> implementation_;
};

}  // namespace talaria::delivery
