#pragma once

#include <libpq-fe.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <unordered_set>

namespace talaria::persistence::postgres {

/// Ends calls to a server that does not answer any more.
///
/// A server that hangs (a stopped process, a frozen disk) still acknowledges what it is sent, so
/// neither the system's timeouts nor the server's own help, and libpq's calls wait for ever. The
/// guard's thread shuts the socket of a call that takes too long, whereupon the call fails.
///
/// Thread-safe.
class stall_guard {
public:
  using time = std::chrono::steady_clock::time_point;

  stall_guard();
  stall_guard(const stall_guard&) = delete;
  stall_guard& operator=(const stall_guard&) = delete;
  ~stall_guard();

  /// The connection must live until `release`.
  void watch(PGconn* connection, std::chrono::milliseconds call_time_max);
  void release(PGconn* connection);
  /// Whether the last call on the connection was ended by the guard; tells it once.
  bool take_stalled(PGconn* connection);

private:
  /// How far a call may run over its time.
  static constexpr std::chrono::milliseconds tick{50};

  void run();

  std::mutex mutex_;
  std::condition_variable stopping_;
  bool stop_ = false;
  std::unordered_map<PGconn*, time> deadlines_;
  std::unordered_set<PGconn*> stalled_;
  std::thread thread_;
};

}  // namespace talaria::persistence::postgres
