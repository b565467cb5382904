#pragma once

#include "actors/environment.hpp"

#include <memory>

namespace talaria::actors {

/// Makes events of what was written down as operational events, so that they are delivered like any
/// other: reads them from the store's outbox, submits them to `ingest` under their ids as
/// idempotency keys, and removes them once they are committed.
///
/// Spawned detached by the root, since it blocks on the store. When it dies in between, its next
/// incarnation submits the same ones again, which changes nothing.
struct announcer_state {
  static inline const char* name = "announcer";

  environment* env = nullptr;
  std::unique_ptr<persistence::outbox> outbox;
  /// A submission is out until then, unless it is answered.
  domain::timestamp patient_until;
};

announcer_actor::behavior_type announcer(
    supervision::observed_pointer<announcer_actor, announcer_state> self, environment* env,
    std::shared_ptr<supervision::actor_card> card);

}  // namespace talaria::actors
