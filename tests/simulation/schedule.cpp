#include "tests/simulation/schedule.hpp"

namespace talaria::simulation {

namespace {

/// Half of the schedules have none of a kind of trouble.
std::size_t some(dice& chance, std::size_t most) {
  return chance.chance(0.5) ? 0 : 1 + chance.below(most);
}

double rate(dice& chance, double highest) {
  return chance.chance(0.5) ? 0 : chance.fraction() * highest;
}

}  // namespace

schedule draw_schedule(dice& chance) {
  schedule drawn;
  drawn.subscriptions = 1 + chance.below(4);
  drawn.requests = 3 + chance.below(20);
  drawn.keyed = chance.fraction();
  drawn.process_crashes = some(chance, 3);
  drawn.takeovers = some(chance, 2);
  drawn.store_outages = some(chance, 3);
  drawn.receiver_troubles = some(chance, 6);
  drawn.clock_steps = some(chance, 3);
  drawn.catalog_changes = some(chance, 4);
  drawn.actor_crashes = rate(chance, 0.005);
  drawn.store_refuses = rate(chance, 0.1);
  drawn.store_loses_answers = rate(chance, 0.1);
  drawn.store_crashes = rate(chance, 0.03);
  drawn.misfortune = {.lost_before = rate(chance, 0.2),
                      .lost_after = rate(chance, 0.2),
                      .failed = rate(chance, 0.3)};
  return drawn;
}

}  // namespace talaria::simulation
