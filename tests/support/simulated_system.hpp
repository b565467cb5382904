#pragma once

#include "domain/time.hpp"

#include <caf/all.hpp>
#include <caf/scheduler/test_coordinator.hpp>

#include <chrono>

namespace talaria::test {

/// An actor system whose messages run one at a time on the test's thread, and whose time stands
/// still until the test moves it.
class simulated_system {
public:
  simulated_system() : system_(configuration_), coordinator_(coordinator_of(system_)) {
    started_ = coordinator_.clock().now();
  }
  simulated_system(const simulated_system&) = delete;
  simulated_system& operator=(const simulated_system&) = delete;
  ~simulated_system() { coordinator_.run(); }

  caf::actor_system& system() { return system_; }

  /// Runs every message there is.
  void run() { coordinator_.run(); }

  /// Moves time on, in steps short enough that timers set by timers fire in order.
  void advance(std::chrono::milliseconds duration,
               std::chrono::milliseconds step = std::chrono::milliseconds{10}) {
    run();
    for (auto left = duration; left.count() > 0; left -= step) {
      coordinator_.advance_time(std::min(step, left));
      run();
    }
  }

  domain::timestamp now() const {
    constexpr auto epoch = domain::timestamp{std::chrono::hours{24 * 365 * 56}};
    return epoch +
           std::chrono::floor<std::chrono::microseconds>(coordinator_.clock().now() - started_);
  }

private:
  struct configuration : caf::actor_system_config {
    configuration() { set("scheduler.policy", caf::atom("testing")); }
  };

  static caf::scheduler::test_coordinator& coordinator_of(caf::actor_system& system) {
    return dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler());
  }

  configuration configuration_;
  caf::actor_system system_;
  caf::scheduler::test_coordinator& coordinator_;
  caf::actor_clock::time_point started_;
};

}  // namespace talaria::test
