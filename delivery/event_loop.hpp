#pragma once

#include "delivery/address_guard.hpp"
#include "delivery/curl_handles.hpp"
#include "delivery/file_descriptor.hpp"
#include "delivery/request_in_flight.hpp"
#include "delivery/resolver.hpp"
#include "delivery/transfer.hpp"

#include <curl/curl.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace talaria::delivery {

struct event_loop_settings {
  std::size_t idle_connections_max;
  transfer_settings transfers;
};

/// One thread that drives many requests: it resolves their names (through the resolver's threads),
/// checks the addresses and runs the transfers, waiting for all of them in one epoll.
///
/// Requests come in through a locked list and an eventfd; everything else belongs to the thread.
class event_loop {
public:
  /// The policy and the resolver must outlive the loop. The resolver must be stopped before the
  /// loop is destroyed.
  /// @throws std::runtime_error if the system or libcurl refuses what the loop needs
  event_loop(event_loop_settings settings, const address_policy& addresses, resolver& names);
  event_loop(const event_loop&) = delete;
  event_loop& operator=(const event_loop&) = delete;
  /// As `stop`.
  ~event_loop();

  /// Hands a request over; it completes on the loop's thread. Thread-safe.
  /// @returns false if the loop is stopping: then the request is still the caller's.
  bool start(request_in_flight& request);

  /// Completes every request that was handed over before with `attempt_error::aborted`.
  /// Thread-safe; does not block.
  void abort();

  /// Completes every request with `attempt_error::aborted` and joins the thread. Idempotent; not
  /// from the loop's own thread.
  void stop();

private:
  using clock = request_in_flight::clock;
  /// By deadline, as the next to expire comes first then; the number tells equal ones apart.
  using wait_key = std::pair<clock::time_point, std::uint64_t>;

  struct resolved_name {
    wait_key waiting;
    resolver::answer addresses;
  };
  struct messages {
    std::vector<request_in_flight> started;
    std::vector<resolved_name> resolved;
  };

  void set_up_curl();
  void run();

  // The hand-off.
  void post(resolved_name message);
  /// @pre `inbox_mutex_` is locked
  void wake();
  bool take_messages();

  // A request's way through the loop.
  void resolve(request_in_flight request);
  void connect(request_in_flight request, const std::vector<ip_address>& addresses);
  void connect_to_target(request_in_flight request, const std::vector<ip_address>& addresses);
  void ask_for_proxy(request_in_flight request, const std::vector<ip_address>& of_target);
  void connect_to_proxy(request_in_flight request, const std::vector<ip_address>& addresses);
  void begin(request_in_flight request);
  /// @returns null if it cannot be sent; then the request is still the caller's.
  std::unique_ptr<transfer> prepare(request_in_flight& request, clock::time_point now);
  void collect_finished();
  void finish(transfer& finished, CURLcode result);
  void expire_waiting(clock::time_point now);
  void abort_all();

  // Transfers.
  std::unique_ptr<transfer> take_transfer();
  std::unique_ptr<transfer> detach(transfer& active);
  void keep_for_reuse(std::unique_ptr<transfer> ended);
  void set_connection_budget();

  // Sockets and timers.
  void wait_for_events();
  int milliseconds_to_wait() const;
  void fire_timer(clock::time_point now);
  static int watch_socket(CURL*, curl_socket_t socket, int what, void* self, void* known);
  static int set_timer(CURLM*, long after_ms, void* self);

  const event_loop_settings settings_;
  const address_policy& addresses_;
  resolver& names_;

  std::mutex inbox_mutex_;
  messages inbox_;
  bool stopping_ = false;
  bool aborting_ = false;

  file_descriptor epoll_;
  file_descriptor wake_up_;
  std::optional<clock::time_point> timer_due_;

  std::map<wait_key, request_in_flight> waiting_;
  std::uint64_t waited_ = 0;

  // In this order, as each uses those before it until its end.
  share_handle share_;
  multi_handle multi_;
  std::vector<std::unique_ptr<transfer>> active_;
  std::vector<std::unique_ptr<transfer>> idle_;

  std::thread thread_;
};

}  // namespace talaria::delivery
