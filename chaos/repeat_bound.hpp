#pragma once

#include "chaos/meddler.hpp"
#include "chaos/scenario.hpp"
#include <cstdint>
#include <vector>

namespace talaria::chaos {

/// Whether it may keep an outcome from being recorded. A receiver that is hostile does not, nor
/// does a node that comes or goes in good order.
bool interrupts(const disturbance& one);

/// How often, in a whole run, something may come again after its receiver took it.
///
/// What comes again was in flight or unrecorded when something ended or held up whoever knew of it,
/// and each subscription has no more of that than its window (actors/delivery_window.hpp). So the
/// bound is the sum, over all that happened, of the windows that it may have cost:
///
/// - the process ended, by a kill, a fault's `exit`, a takeover, or because the cluster had buried
///   its node: everyone's, once;
/// - a takeover, beside that end: everyone's, as its successor does not know what the other one
///   sends;
/// - `actor.now`: everyone's, once: nobody is killed twice;
/// - `throw` or `kill` in a subscription: its own, each time that it fires;
/// - another injected fault: everyone's, each time that it fires;
/// - a hostile receiver, a node that stops or joins in good order, links that are cut: none;
/// - anything else, a pause, a store that is away, a clock that jumps: everyone's.
///
/// It cannot be tighter without knowing how much was in flight or unrecorded at each of these
/// moments, which nobody outside does: under load that is a few, but while the store is away a
/// window fills with outcomes that wait for it. The room that this leaves is needed, too: a repeat
/// that its receiver refuses is followed by retries, and each of them counts.
///
/// @param ends How often the process ended.
std::uint64_t repeats_bound(std::uint64_t ends, const std::vector<disturbance>& disturbances,
                            const std::vector<subscription_plan>& subscriptions);

}  // namespace talaria::chaos
