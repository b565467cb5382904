#pragma once

#include "actors/environment.hpp"

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

#include <cstdint>

namespace talaria::app {

class cluster_links;

/// Where the actors run that block on the store.
enum class blocking_actors : std::uint8_t {
  detached,   ///< on a thread each
  scheduled,  ///< with all others: for tests on a simulated scheduler
};

/// Starts the whole supervision tree.
///
/// @param links To other nodes, which have started and must outlive the tree; null: there are none.
/// @returns the root supervisor: an exit message to it stops everything, in reverse order.
caf::actor start_actor_tree(caf::actor_system& system, actors::environment& env,
                            blocking_actors blocking = blocking_actors::detached,
                            cluster_links* links = nullptr);

}  // namespace talaria::app
