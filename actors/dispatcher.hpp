#pragma once

#include "actors/attempt_queue.hpp"
#include "actors/environment.hpp"

#include <array>
#include <memory>
#include <optional>

namespace talaria::actors {

/// Starts requests in the outbound engine, at most `attempts_in_flight_max` at once. An eighth of
/// these is kept for subscriptions that have none under way.
///
/// Told by the subscriptions; the engine answers them through their orders. When it dies, the
/// orders that waited end as aborted, and their subscriptions make them again.
struct dispatcher_state {
  static inline const char* name = "dispatcher";

  environment* env = nullptr;
  std::shared_ptr<supervision::actor_card> card;
  attempt_queue queue;
  /// As it was seen last; absent before the first lease.
  std::optional<bool> may_attempt;
};

inline constexpr std::array<supervision::gauge, 5> dispatcher_gauges{
    "in_flight", "waiting", "waiting_high", "waiting_normal", "waiting_low"};

dispatcher_actor::behavior_type dispatcher(
    supervision::observed_pointer<dispatcher_actor, dispatcher_state> self, environment* env,
    std::shared_ptr<supervision::actor_card> card);

}  // namespace talaria::actors
