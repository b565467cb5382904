#include "actors/dispatcher.hpp"

#include "delivery/webhook_request.hpp"
#include "supervision/failure.hpp"

#include <caf/all.hpp>

#include <utility>

namespace talaria::actors {

namespace {

using self_pointer = dispatcher_actor::stateful_pointer<dispatcher_state>;

/// Indexes of `domain::priority`: six parts high, three normal, one low, spread evenly.
constexpr std::array<std::size_t, 10> turns{0, 1, 0, 0, 1, 0, 2, 0, 1, 0};

attempt_result to_result(delivery::outbound_response response, domain::attempt attempt) {
  attempt.duration = std::chrono::round<std::chrono::milliseconds>(response.duration);
  attempt.status_code = response.status_code;
  attempt.error = response.error;
  attempt.response_body = std::move(response.body);
  return {.attempt = std::move(attempt), .retry_after = response.retry_after};
}

void start(self_pointer self, std::shared_ptr<attempt_order> order) {
  auto& env = *self->state.env;
  ++self->state.in_flight;
  const auto& ordered = order->ordered();
  domain::attempt attempt{.number = ordered.number,
                          .started_at = env.now(),
                          .duration = {},
                          .status_code = 0,
                          .error = domain::attempt_error::none,
                          .response_body = {},
                          .node = env.node};
  auto request = delivery::compose_webhook_request(*ordered.subscription, *ordered.event,
                                                   ordered.number, attempt.started_at);
  env.send_request(std::move(request),
                   [order = std::move(order), attempt = std::move(attempt),
                    dispatcher = dispatcher_actor{self}](delivery::outbound_response response) {
                     order->finish(to_result(std::move(response), attempt));
                     caf::anon_send(dispatcher, transfer_ended{});
                   });
}

void start_waiting(self_pointer self) {
  auto& state = self->state;
  while (state.in_flight < state.env->settings.attempts_in_flight_max) {
    auto order = state.waiting.pop();
    if (!order)
      break;
    start(self, std::move(order));
  }
  state.env->metrics.attempts_in_flight.Set(static_cast<double>(state.in_flight));
  state.env->metrics.attempts_queued.Set(static_cast<double>(state.waiting.size()));
  state.card->set_gauge(0, static_cast<std::int64_t>(state.in_flight));
  state.card->set_gauge(1, static_cast<std::int64_t>(state.waiting.size()));
}

}  // namespace

void priority_queue::push(std::shared_ptr<attempt_order> order) {
  const auto line = static_cast<std::size_t>(order->priority());
  lines_.at(line).push_back(std::move(order));
}

std::shared_ptr<attempt_order> priority_queue::pop() {
  for (std::size_t tried = 0; tried < turns.size(); ++tried) {
    auto& line = lines_.at(turns.at(turn_));
    turn_ = (turn_ + 1) % turns.size();
    if (line.empty())
      continue;
    auto order = std::move(line.front());
    line.pop_front();
    return order;
  }
  return nullptr;
}

std::size_t priority_queue::size() const {
  return lines_[0].size() + lines_[1].size() + lines_[2].size();
}

dispatcher_actor::behavior_type dispatcher(self_pointer self, environment* env,
                                           std::shared_ptr<supervision::actor_card> card) {
  supervision::fail_with_exception_text(self);
  self->state.env = env;
  self->state.card = std::move(card);
  return {
      [self](dispatch_attempt& dispatch) {
        ++self->state.card->messages_handled;
        self->state.waiting.push(std::move(dispatch.order));
        start_waiting(self);
      },
      [self](transfer_ended) {
        ++self->state.card->messages_handled;
        --self->state.in_flight;
        start_waiting(self);
      },
  };
}

}  // namespace talaria::actors
