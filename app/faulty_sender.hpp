#pragma once

#include "delivery/engine.hpp"
#include "supervision/fault_injector.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

namespace talaria::app {

/// Sends requests as the faults that are injected for their hosts would have it: late (`delay`), or
/// never, which ends them as a timeout after theirs (`hang`), or as a connection that failed
/// (`fail`). Thread-safe; holds what is late on a thread of its own, so that nobody waits who has
/// other requests to send.
class faulty_sender {
public:
  using completion = delivery::engine::completion;
  using sender = std::function<void(delivery::outbound_request, completion)>;

  /// Both must outlive it.
  faulty_sender(supervision::fault_injector& faults, sender send);
  faulty_sender(const faulty_sender&) = delete;
  faulty_sender& operator=(const faulty_sender&) = delete;
  /// As `stop`.
  ~faulty_sender() { stop(); }

  /// As `delivery::engine::send`.
  void send(delivery::outbound_request request, completion done);

  /// Ends what it holds with `attempt_error::aborted`; what comes later is not held. Idempotent.
  void stop();

private:
  using clock = std::chrono::steady_clock;
  struct held {
    delivery::outbound_request request;
    completion done;
    /// Not sent when its time has come, but ended.
    bool times_out = false;
  };

  void hold(clock::time_point until, held request);
  void run();
  void release(held request);

  supervision::fault_injector& faults_;
  const sender send_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::multimap<clock::time_point, held> held_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace talaria::app
