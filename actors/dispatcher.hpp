#pragma once

#include "actors/environment.hpp"

#include <array>
#include <deque>
#include <memory>

namespace talaria::actors {

/// The order in which attempts are started when more are wanted than the cap allows.
///
/// Of the priorities that have something waiting, high is served six times, normal three times and
/// low once in ten, so that none starves; within a priority, first come, first served: a
/// subscription's own window keeps it from filling the line. Passive.
class priority_queue {
public:
  void push(std::shared_ptr<attempt_order> order);
  /// @returns null if it is empty.
  std::shared_ptr<attempt_order> pop();
  std::size_t size() const;

private:
  std::array<std::deque<std::shared_ptr<attempt_order>>, 3> lines_;
  std::size_t turn_ = 0;
};

/// Starts requests in the outbound engine, at most `attempts_in_flight_max` at once.
///
/// Told by the subscriptions; the engine answers them through their orders. When it dies, the
/// orders that waited end as aborted, and their subscriptions make them again.
struct dispatcher_state {
  static inline const char* name = "dispatcher";

  environment* env = nullptr;
  std::shared_ptr<supervision::actor_card> card;
  priority_queue waiting;
  std::size_t in_flight = 0;
};

inline constexpr std::array<std::string_view, 2> dispatcher_gauges{"in_flight", "waiting"};

dispatcher_actor::behavior_type dispatcher(
    dispatcher_actor::stateful_pointer<dispatcher_state> self, environment* env,
    std::shared_ptr<supervision::actor_card> card);

}  // namespace talaria::actors
