#include "actors/local_gateway.hpp"

#include <caf/send.hpp>

#include <utility>

namespace talaria::actors {

void local_gateway::submit(submission content) {
  if (!admission_.enter()) {
    env_.metrics.submissions_refused.Increment();
    content.done(domain::fail(domain::ec::overloaded, "too many submissions are in progress"));
    return;
  }
  auto pending = std::make_shared<pending_submission>(std::move(content), admission_);
  caf::anon_send(env_.addresses.ingest.get(), submit_events{std::move(pending)});
}

void local_gateway::catalog_changed() {
  announce_catalog_change(env_);
}

void local_gateway::deliveries_due(std::span<const domain::subscription_number> subscriptions) {
  caf::anon_send(env_.addresses.ingest.get(),
                 actors::deliveries_due{{subscriptions.begin(), subscriptions.end()}});
}

void local_gateway::delivery_cancelled(const domain::delivery_id& delivery) {
  caf::anon_send(env_.addresses.ingest.get(), actors::delivery_cancelled{delivery});
}

std::array<queue_activity, 3> local_gateway::queues() const {
  std::array<queue_activity, 3> shown;
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const auto queue = domain::priorities.at(i);
    const auto& counted = env_.metrics.of(queue);
    shown.at(i) = {.queue = queue,
                   .in_flight = static_cast<std::uint64_t>(counted.attempts_in_flight.Value()),
                   .delivered = static_cast<std::uint64_t>(counted.deliveries_delivered.Value()),
                   .dead = static_cast<std::uint64_t>(counted.deliveries_dead.Value())};
  }
  return shown;
}

node_load local_gateway::load() const {
  return {.submissions_in_progress = admission_.in_progress(),
          .submissions_max = admission_.submissions_max(),
          .outcomes_waiting = env_.outcomes_waiting.load()};
}

void local_gateway::send_test(std::shared_ptr<const domain::subscription> subscription,
                              std::shared_ptr<const domain::event> event,
                              std::function<void(domain::attempt)> done) {
  auto order = std::make_shared<attempt_order>(
      attempt_order::content{
          .subscription = std::move(subscription), .event = std::move(event), .number = 1},
      [done = std::move(done)](attempt_result result) { done(std::move(result.attempt)); });
  caf::anon_send(env_.addresses.dispatcher.get(), dispatch_attempt{std::move(order)});
}

}  // namespace talaria::actors
