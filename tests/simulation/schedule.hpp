#pragma once

#include "tests/simulation/dice.hpp"
#include "tests/simulation/network.hpp"

#include <chrono>
#include <cstddef>

namespace talaria::simulation {

/// How rough a schedule is, drawn from its seed: some are calm but for one kind of trouble, as
/// trouble of every kind at once hides what one kind does.
struct schedule {
  std::size_t subscriptions = 1;
  std::size_t requests = 1;
  /// Of those that are not acked, how many are tried again under their key.
  double keyed = 0;

  std::size_t process_crashes = 0;
  std::size_t takeovers = 0;
  std::size_t store_outages = 0;
  std::size_t receiver_troubles = 0;
  std::size_t clock_steps = 0;
  std::size_t catalog_changes = 0;
  double actor_crashes = 0;
  /// Of calls of the store, each.
  double store_refuses = 0;
  double store_loses_answers = 0;
  double store_crashes = 0;
  network::misfortune misfortune;
};

schedule draw_schedule(dice& chance);

}  // namespace talaria::simulation
