#pragma once

#include "domain/time.hpp"
#include "tests/simulation/dice.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scheduler/test_coordinator.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

namespace talaria::simulation {

/// Actors on the caller's thread, whose time stands still until it is moved, and of which any that
/// has a message may be next: the dice say which. Each one's own messages stay in order.
class shuffled_system {
public:
  /// More between two moments is no progress.
  static constexpr std::size_t messages_max = 1'000'000;

  explicit shuffled_system(dice& chance);
  shuffled_system(const shuffled_system&) = delete;
  shuffled_system& operator=(const shuffled_system&) = delete;
  ~shuffled_system() { coordinator_.run(); }

  caf::actor_system& system() { return system_; }

  /// Until there is no message left.
  /// @throws std::runtime_error if there is no end.
  void run_messages();

  /// The kind of the actor whose message is being handled; empty between messages.
  std::string_view running() const { return running_; }

  domain::timestamp now() const;
  std::optional<domain::timestamp> next_timer() const;
  /// @pre not before `now`
  void advance_to(domain::timestamp when);

private:
  struct configuration : caf::actor_system_config {
    configuration();
  };

  dice& chance_;
  configuration configuration_;
  caf::actor_system system_;
  caf::scheduler::test_coordinator& coordinator_;
  caf::actor_clock::time_point started_;
  std::string_view running_;
};

}  // namespace talaria::simulation
