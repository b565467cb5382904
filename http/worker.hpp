#pragma once

#include "http/connection.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

namespace talaria::http {

/// An event loop on a thread of its own, with the connections that it was given. Whatever comes
/// from other threads passes through its mailbox; nothing else is shared, so connections need no
/// locks.
class worker {
public:
  /// @param shared Without its sink, which the worker adds. What it refers to must outlive it.
  explicit worker(connection_context shared);
  worker(const worker&) = delete;
  worker& operator=(const worker&) = delete;
  /// As `stop`.
  ~worker();

  /// Takes over a connected client, whose socket does not block. Any thread.
  void adopt(accepted_client client);

  /// Ends idle connections now, if `draining` is set; the others end with their next answer. Any
  /// thread.
  void drain();

  /// Ends every connection and joins the thread. Idempotent.
  void stop();

  std::size_t connections() const { return connections_count_.load(); }

private:
  class mailbox;

  void run();
  void wait_for_events();
  void handle_mail(steady_time now);
  void open(accepted_client client, steady_time now);
  void settle(std::uint64_t id);
  void look_after_all(steady_time now);

  const std::chrono::milliseconds scan_interval_;
  const int epoll_;
  std::shared_ptr<mailbox> mailbox_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::size_t> connections_count_{0};
  connection_context context_;
  std::unordered_map<std::uint64_t, std::unique_ptr<connection>> connections_;
  std::uint64_t last_id_ = 0;
  steady_time next_scan_;
  bool drained_ = false;
  std::thread thread_;
};

}  // namespace talaria::http
