#pragma once

#include "actors/environment.hpp"
#include "actors/recovery_allowance.hpp"

#include <memory>
#include <unordered_map>

namespace talaria::actors {

/// Advances the recoveries that are running, each at its own rate, and tells `ingest` whose
/// deliveries have become due.
///
/// Spawned detached by the root, since it blocks on the store. All that it knows of a recovery is
/// its allowance: how far it has come stands in the store. So when it dies nothing is lost or done
/// twice, and its next incarnation begins with empty allowances, within the rate.
struct recoverer_state {
  static inline const char* name = "recoverer";

  environment* env = nullptr;
  std::unique_ptr<persistence::recoveries> recoveries;
  /// Of those that were running when it last looked.
  std::unordered_map<domain::recovery_id, recovery_allowance> allowances;
};

recoverer_actor::behavior_type recoverer(
    supervision::observed_pointer<recoverer_actor, recoverer_state> self, environment* env,
    std::shared_ptr<supervision::actor_card> card);

}  // namespace talaria::actors
