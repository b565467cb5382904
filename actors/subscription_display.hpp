#pragma once

#include "actors/subscription.hpp"

namespace talaria::actors {

/// Writes what a subscription does at the moment to its card, in the order of
/// `subscription_gauges`, and to the metrics.
void show(subscription_state& state, domain::timestamp now);

/// By which its card is found; to be called when its settings are known.
void label(const subscription_state& state);

}  // namespace talaria::actors
