#include "actors/fault_points.hpp"

#include <array>

namespace talaria::actors::fault_points {

namespace {

using supervision::fault_action;
using supervision::fault_aim;
using supervision::fault_point;

/// Of an actor, in the middle of what it does.
const std::vector actor_actions{fault_action::throw_exception, fault_action::kill,
                                fault_action::delay, fault_action::hang, fault_action::exit};
/// Of a call that only actors make.
const std::vector call_actions{fault_action::throw_exception,
                               fault_action::kill,
                               fault_action::delay,
                               fault_action::hang,
                               fault_action::fail,
                               fault_action::exit};
/// Of what threads do that nobody starts anew.
const std::vector session_actions{fault_action::delay, fault_action::hang, fault_action::fail,
                                  fault_action::exit};

const std::array points{
    fault_point{actor_message, "Before an actor handles a message.", actor_actions,
                fault_aim::actor},
    fault_point{actor_now,
                "At once, when the fault is added: the actors it is aimed at are killed.",
                {fault_action::kill},
                fault_aim::actor,
                true},
    fault_point{store_any_before, "Before any transaction of the store, whoever's it is.",
                session_actions},
    fault_point{store_claim_middle,
                "While the node takes over the shards at its start, before that is committed.",
                session_actions},
    fault_point{store_append_before, "Before events and their deliveries are committed.",
                call_actions},
    fault_point{store_append_after, "They are committed; the event writer has not been told.",
                call_actions},
    fault_point{event_after_commit, "The event writer knows it; its clients have no answer.",
                actor_actions, fault_aim::actor},
    fault_point{store_read_before, "Before pending deliveries of a subscription are read.",
                call_actions},
    fault_point{attempt_before_request, "An attempt is about to be sent.", actor_actions,
                fault_aim::actor},
    fault_point{outbound_request, "A request is handed to the outbound engine.", session_actions,
                fault_aim::host},
    fault_point{attempt_after_response,
                "The receiver has answered; its outcome is not on its way to a writer.",
                actor_actions, fault_aim::actor},
    fault_point{store_record_before, "Before outcomes of attempts are committed.", call_actions},
    fault_point{store_record_after, "They are committed; the outcome writer has not been told.",
                call_actions},
    fault_point{outcome_after_commit, "The outcome writer knows it; the subscriptions do not.",
                actor_actions, fault_aim::actor},
    fault_point{store_sweep_before, "Before the sweep looks for due deliveries that nobody holds.",
                call_actions},
};

}  // namespace

std::span<const fault_point> all() {
  return points;
}

}  // namespace talaria::actors::fault_points
