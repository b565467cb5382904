#pragma once

#include "actors/metrics.hpp"
#include "supervision/observed.hpp"

namespace talaria::actors {

/// Counts what is slow, grows or comes too late in any actor, and logs what is worth it.
/// @param counted Must outlive the observer.
supervision::observer make_observer(metrics& counted);

}  // namespace talaria::actors
