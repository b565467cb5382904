#pragma once

#include "actors/environment.hpp"

#include <memory>

namespace talaria::actors {

/// Finds due deliveries that no subscription actor knows of, and deletes what is past its time.
///
/// Every hint between actors may be lost, and a subscription that sleeps has nobody to remember
/// when its next retry is due: the sweep, each second over what became due since the last one,
/// heals both. Its first pass, after a start, covers everything that is due, and so does one each
/// hour. Owns its sessions; detached. When it dies its next incarnation starts with a full
/// sweep.
struct janitor_state {
  static inline const char* name = "janitor";

  environment* env = nullptr;
  std::unique_ptr<persistence::queue_reader> queue;
  std::unique_ptr<persistence::upkeep> upkeep;
  domain::timestamp swept_until;
};

janitor_actor::behavior_type janitor(
    supervision::observed_pointer<janitor_actor, janitor_state> self, environment* env,
    std::shared_ptr<supervision::actor_card> card);

}  // namespace talaria::actors
