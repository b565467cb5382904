#pragma once

#include "actors/environment.hpp"

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

#include <vector>

namespace talaria::app {

/// Starts the whole supervision tree.
///
/// @returns the root supervisor: an exit message to it stops everything, in reverse order.
caf::actor start_actor_tree(caf::actor_system& system, actors::environment& env);

}  // namespace talaria::app
