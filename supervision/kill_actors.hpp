#pragma once

#include "supervision/directory.hpp"
#include "supervision/fault.hpp"

#include <functional>

namespace talaria::supervision {

/// Shows every live actor, in the order of their paths, and kills those of which `is_chosen`: by a
/// message that overtakes what waits for them, but not the one that they handle.
void kill_actors(const directory& actors, const std::function<bool(const fault_place&)>& is_chosen);

}  // namespace talaria::supervision
