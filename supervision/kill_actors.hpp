#pragma once

#include "supervision/directory.hpp"
#include "supervision/fault.hpp"

#include <caf/fwd.hpp>

#include <functional>

namespace talaria::supervision {

/// By a message that overtakes what waits for it, but not the one that it handles.
void kill_actor(const caf::actor& killed);

/// Shows every live actor, in the order of their paths, and kills those of which `is_chosen`.
void kill_actors(const directory& actors, const std::function<bool(const fault_place&)>& is_chosen);

}  // namespace talaria::supervision
