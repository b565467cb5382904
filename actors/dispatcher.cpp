#include "actors/dispatcher.hpp"

#include "delivery/webhook_request.hpp"

#include <caf/all.hpp>
#include <spdlog/spdlog.h>

#include <utility>

namespace talaria::actors {

namespace {

using self_pointer = supervision::observed_pointer<dispatcher_actor, dispatcher_state>;

/// A small part of the time between the end of a lease and its takeover.
constexpr std::chrono::milliseconds lease_check_every{200};

attempt_result to_result(delivery::outbound_response response, domain::attempt attempt) {
  attempt.duration = std::chrono::round<std::chrono::milliseconds>(response.duration);
  attempt.status_code = response.status_code;
  attempt.error = response.error;
  attempt.response_body = std::move(response.body);
  return {.attempt = std::move(attempt), .retry_after = response.retry_after};
}

/// One request that cannot be made must not take the dispatcher, and all others, with it.
std::optional<delivery::outbound_request> compose(const attempt_order::content& ordered,
                                                  domain::attempt& attempt) {
  try {
    return delivery::compose_webhook_request(*ordered.subscription, *ordered.event, ordered.number,
                                             attempt.started_at, ordered.sequence);
  } catch (const std::exception& exception) {
    spdlog::error("the request for event {} could not be made: {}", to_string(ordered.event->id),
                  exception.what());
    attempt.error = domain::attempt_error::internal;
    return std::nullopt;
  }
}

void start(self_pointer self, std::shared_ptr<attempt_order> order) {
  auto& env = *self->state.env;
  const auto& ordered = order->ordered();
  domain::attempt attempt{.number = ordered.number,
                          .started_at = env.now(),
                          .duration = {},
                          .status_code = 0,
                          .error = domain::attempt_error::none,
                          .response_body = {},
                          .node = env.node};
  auto request = compose(ordered, attempt);
  if (!request) {
    const auto subscription = ordered.subscription->number;
    order->finish({.attempt = std::move(attempt), .retry_after = {}});
    self->send(self, transfer_ended{subscription});
    return;
  }
  env.reach(fault_points::attempt_before_request, *self->state.card);
  const auto queue = order->priority();
  env.metrics.of(queue).attempts_in_flight.Increment();
  env.send_request(*std::move(request),
                   [order = std::move(order), attempt = std::move(attempt),
                    subscription = ordered.subscription->number, queue, metrics = &env.metrics,
                    dispatcher = dispatcher_actor{self}](delivery::outbound_response response) {
                     metrics->of(queue).attempts_in_flight.Decrement();
                     order->finish(to_result(std::move(response), attempt));
                     caf::anon_send(dispatcher, transfer_ended{subscription});
                   });
}

/// The last eighth of the places is for those who have none: what is slow may take many places, but
/// never all.
std::shared_ptr<attempt_order> next(dispatcher_state& state) {
  const auto& env = *state.env;
  const auto places = env.settings.attempts_in_flight_max;
  const auto taken = state.queue.under_way();
  if (taken >= places || env.outcomes_waiting >= env.settings.outcomes_waiting_max ||
      !env.shards.may_attempt(env.uptime()))
    return nullptr;
  const auto kept_for_idle = places / 8;
  return state.queue.pop(taken < places - kept_for_idle ? attempt_queue::turn_of::anybody
                                                        : attempt_queue::turn_of::idle);
}

void start_waiting(self_pointer self) {
  auto& state = self->state;
  while (auto order = next(state))
    start(self, std::move(order));
  state.env->metrics.attempts_queued.Set(static_cast<double>(state.queue.waiting()));
  state.card->set_gauge(0, static_cast<std::int64_t>(state.queue.under_way()));
  state.card->set_gauge(1, static_cast<std::int64_t>(state.queue.waiting()));
  for (const auto priority :
       {domain::priority::high, domain::priority::normal, domain::priority::low})
    state.card->set_gauge(2 + static_cast<std::size_t>(priority),
                          static_cast<std::int64_t>(state.queue.waiting(priority)));
}

void note_lease(dispatcher_state& state, bool may_attempt) {
  if (may_attempt == state.may_attempt.value_or(false))
    return;
  const bool is_first = !state.may_attempt;
  state.may_attempt = may_attempt;
  if (!may_attempt) {
    spdlog::error("the lease of this node could not be renewed: no attempts until it is");
    state.env->abort_requests();
  } else if (!is_first) {
    spdlog::warn("the lease of this node is renewed: attempts go on");
  }
}

/// Here, since the member may wait for the very store that does not answer.
void check_lease(self_pointer self) {
  auto& state = self->state;
  note_lease(state, state.env->shards.may_attempt(state.env->uptime()));
  // Also if nothing has changed: the lease may have lapsed since the last look, and what came then
  // waits; the subscriptions that ordered it may wait for nothing else.
  start_waiting(self);
}

}  // namespace

dispatcher_actor::behavior_type dispatcher(self_pointer self, environment* env,
                                           std::shared_ptr<supervision::actor_card> card) {
  supervision::begin(self, card, env->observer);
  self->state.env = env;
  self->state.card = std::move(card);
  if (env->is_shared)
    self->send(self, lease_check_due{});
  return {
      [self](dispatch_attempt& dispatch) {
        self->state.queue.push(std::move(dispatch.order));
        start_waiting(self);
      },
      [self](transfer_ended ended) {
        self->state.queue.ended(ended.subscription);
        start_waiting(self);
      },
      [self](outcomes_taken) { start_waiting(self); },
      [self](lease_check_due) {
        check_lease(self);
        self->delayed_send(self, lease_check_every, lease_check_due{});
      },
  };
}

}  // namespace talaria::actors
