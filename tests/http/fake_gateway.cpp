#include "tests/http/fake_gateway.hpp"

#include "domain/fan_out.hpp"
#include "http/fresh_id.hpp"

#include <chrono>
#include <map>

namespace talaria::http::test {

fake_gateway::fake_gateway(persistence::store& store)
    : catalog_(store.open_catalog()), appender_(store.open_event_appender()) {
}

void fake_gateway::submit(actors::submission submission) {
  const std::scoped_lock lock(mutex_);
  if (losing_) {
    return;
  }
  if (refusal_) {
    submission.done(domain::fail(*refusal_, "as the test wants it"));
    return;
  }
  submission.done(append(submission.events));
}

domain::result<actors::submission_answer> fake_gateway::append(
    std::vector<actors::event_draft>& drafts) {
  using namespace std::chrono_literals;
  const auto changes = catalog_->changes_since(0);
  domain::fan_out fan_out;
  std::map<domain::subscription_number, persistence::shard_id> shards;
  for (const auto& subscription : changes->changed) {
    fan_out.put(*subscription);
    shards[subscription->number] = persistence::shard_of(subscription->id);
  }
  const domain::timestamp now = system_time();
  persistence::event_group group;
  for (actors::event_draft& draft : drafts) {
    draft.event->id = ids_.next_event_id(now, ++random_);
    draft.event->received_at = now;
    if (draft.occurred_now) {
      draft.event->occurred_at = now;
    }
    if (draft.idempotent) {
      draft.idempotent->expires_at = now + 24h;
    }
    persistence::new_event added{
        .event = draft.event, .fan_out = {}, .idempotent = draft.idempotent};
    for (const auto number : fan_out.match(*draft.event)) {
      added.fan_out.push_back({number, shards.at(number)});
    }
    group.events.push_back(std::move(added));
  }
  auto appended = appender_->append(std::span(&group, 1), changes->revision);
  if (!appended) {
    return tl::unexpected(appended.error());
  }
  std::size_t deliveries = 0;
  for (const auto& added : group.events) {
    deliveries += added.fan_out.size();
  }
  return actors::submission_answer{.received_at = now,
                                   .events = std::move(appended->front().events),
                                   .conflicts = std::move(appended->front().conflicts),
                                   .deliveries = deliveries};
}

void fake_gateway::catalog_changed() {
  const std::scoped_lock lock(mutex_);
  ++catalog_changes_;
}

void fake_gateway::deliveries_due(std::span<const domain::subscription_number> subscriptions) {
  const std::scoped_lock lock(mutex_);
  due_.insert(due_.end(), subscriptions.begin(), subscriptions.end());
}

void fake_gateway::delivery_cancelled(const domain::delivery_id& delivery) {
  const std::scoped_lock lock(mutex_);
  cancelled_.push_back(delivery);
}

/// As many as in no other place, so that a mix-up shows.
std::array<actors::queue_activity, 3> fake_gateway::queues() const {
  return {actors::queue_activity{
              .queue = domain::priority::high, .in_flight = 1, .delivered = 2, .dead = 3},
          {.queue = domain::priority::normal, .in_flight = 4, .delivered = 5, .dead = 6},
          {.queue = domain::priority::low, .in_flight = 7, .delivered = 8, .dead = 9}};
}

actors::node_load fake_gateway::load() const {
  const std::scoped_lock lock(mutex_);
  return load_;
}

void fake_gateway::show_load(const actors::node_load& load) {
  const std::scoped_lock lock(mutex_);
  load_ = load;
}

void fake_gateway::send_test(std::shared_ptr<const domain::subscription>,
                             std::shared_ptr<const domain::event> event,
                             std::function<void(domain::attempt)> done) {
  domain::attempt made;
  made.number = 1;
  made.started_at = event->received_at;
  made.status_code = 204;
  made.response_body = event->payload;
  made.node = "test";
  done(made);
}

void fake_gateway::refuse_with(std::optional<domain::ec> code) {
  const std::scoped_lock lock(mutex_);
  refusal_ = code;
}

void fake_gateway::lose_submissions() {
  const std::scoped_lock lock(mutex_);
  losing_ = true;
}

int fake_gateway::catalog_changes() const {
  const std::scoped_lock lock(mutex_);
  return catalog_changes_;
}

std::vector<domain::subscription_number> fake_gateway::due() const {
  const std::scoped_lock lock(mutex_);
  return due_;
}

std::vector<domain::delivery_id> fake_gateway::cancelled() const {
  const std::scoped_lock lock(mutex_);
  return cancelled_;
}

}  // namespace talaria::http::test
