#include "actors/subscription_children.hpp"

#include "actors/subscription.hpp"
#include "supervision/kill_actors.hpp"

#include <caf/all.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace talaria::actors {

namespace {

/// For the attempts under way of a subscription that is to be restarted.
constexpr auto restart_grace = std::chrono::seconds{5};

std::string path_of(domain::subscription_number number) {
  return fmt::format("/ingest/subscription-{}", domain::to_integer(number));
}

void spawn_into(ingest_pointer self, supervised_subscription& child,
                domain::subscription_number number, const catalog_entry& entry) {
  *child.at_hand = {};
  child.handle = self->spawn(subscription, self->state.env,
                             subscription_start{.number = number,
                                                .shard = entry.shard,
                                                .card = child.life.card(),
                                                .supervisor = self->address(),
                                                .at_hand = child.at_hand,
                                                .isolated = child.poison.isolated()});
  child.wanted = false;
  child.messages_sent = 0;
  child.life.start(self->state.env->now());
  self->state.numbers.emplace(child.handle.id(), number);
  self->monitor(child.handle);
}

void count_awake(ingest_pointer self) {
  self->state.env->metrics.subscriptions_active.Set(
      static_cast<double>(self->state.subscriptions.size()));
}

void forget(ingest_pointer self, domain::subscription_number number) {
  self->state.subscriptions.erase(number);
  self->state.env->directory.leave(path_of(number), self->state.env->now());
  count_awake(self);
}

void keep_promise_if_drained(ingest_pointer self) {
  auto& state = self->state;
  if (state.drained && state.subscriptions.empty())
    std::exchange(state.drained, nullptr)->set_value();
}

/// A failure that an event is to blame for is paid by the event as long as it may be tried again:
/// then it is isolated, at the cost of one failure of the subscription's budget.
std::optional<std::chrono::milliseconds> life_after_failure(ingest_pointer self,
                                                            supervised_subscription& child,
                                                            const std::string& reason) {
  auto& env = *self->state.env;
  const supervision::child_life::moment at{env.now(), self->clock().now(), env.random_fraction()};
  const auto& suspect = child.at_hand->event;
  const auto tries = suspect ? child.poison.failed(*suspect, at.now) : 0;
  if (tries == 0 || tries >= poison_watch::tries_max)
    return child.life.failed(reason, at);
  const auto wait = env.settings.subscription_restarts.backoff_min * (1U << tries);
  child.life.failed_by_another(reason, at);
  return wait;
}

void back_off_or_quarantine(ingest_pointer self, domain::subscription_number number,
                            supervised_subscription& child, const std::string& reason) {
  auto& env = *self->state.env;
  const auto& card = *child.life.card();
  env.metrics.actor_failures(card.kind).Increment();
  const auto wait = life_after_failure(self, child, reason);
  if (!wait) {
    child.life.quarantine(env.now());
    spdlog::error("{} is quarantined, its deliveries are held: {}", card.path, reason);
    return;
  }
  spdlog::warn("{} failed and will be restarted in {} ms: {}", card.path, wait->count(), reason);
  self->delayed_send(self, *wait, restart_due{number});
}

supervised_subscription make_child(ingest_pointer self, domain::subscription_number number) {
  auto& env = *self->state.env;
  auto card = env.directory.enter(path_of(number), "subscription", env.now(), subscription_gauges);
  card->set_control([ingest = env.addresses.ingest, number](supervision::child_command command) {
    caf::anon_send(ingest.get(), command_subscription{number, command});
  });
  return {.handle = {}, .life = {std::move(card), env.settings.subscription_restarts}};
}

/// What is known of a subscription that may run here; nullptr if it may not.
const catalog_entry* find_runnable(const ingest_state& state, domain::subscription_number number) {
  const auto known = state.catalog.find(number);
  const bool runs = known != state.catalog.end() && !state.drained &&
                    !state.lost_shards.contains(known->second.shard);
  return runs ? &known->second : nullptr;
}

}  // namespace

supervised_subscription* wake_subscription(ingest_pointer self,
                                           domain::subscription_number number) {
  auto& state = self->state;
  const auto* known = find_runnable(state, number);
  if (known == nullptr)
    return nullptr;
  auto child = state.subscriptions.find(number);
  if (child == state.subscriptions.end()) {
    child = state.subscriptions.emplace(number, make_child(self, number)).first;
    spawn_into(self, child->second, number, *known);
    count_awake(self);
  }
  auto& found = child->second;
  if (!found.life.stays()) {
    found.wanted = true;
    return nullptr;
  }
  return &found;
}

supervised_subscription* find_awake(ingest_pointer self, domain::subscription_number number) {
  const auto child = self->state.subscriptions.find(number);
  if (child == self->state.subscriptions.end() || !child->second.life.stays())
    return nullptr;
  return &child->second;
}

void end_subscription(ingest_pointer self, supervised_subscription& subscription) {
  subscription.life.told_to_stop();
  send_to(self, subscription, drain{});
}

void lose_subscription(ingest_pointer self, domain::subscription_number number) {
  auto& lost = self->state.lost_shards;
  const auto known = self->state.catalog.find(number);
  if (known != self->state.catalog.end() && lost.insert(known->second.shard).second &&
      lost.size() == 1)
    spdlog::error("another process has taken over: this one delivers nothing more of what it lost");
  if (auto* awake = find_awake(self, number))
    end_subscription(self, *awake);
}

void subscription_down(ingest_pointer self, const caf::down_msg& down) {
  auto& state = self->state;
  const auto known = state.numbers.find(down.source.id());
  if (known == state.numbers.end())
    return;
  const auto number = known->second;
  state.numbers.erase(known);
  auto& child = state.subscriptions.at(number);
  const bool was_told_to_end = !child.life.stays();
  child.handle = nullptr;
  if (!was_told_to_end && !state.drained) {
    back_off_or_quarantine(self, number, child, supervision::describe(down.reason));
    return;
  }
  child.life.ended();
  if (child.wanted && !state.drained)
    restart_subscription(self, number);
  else
    forget(self, number);
  keep_promise_if_drained(self);
}

void restart_subscription(ingest_pointer self, domain::subscription_number number) {
  auto& state = self->state;
  const auto child = state.subscriptions.find(number);
  if (child == state.subscriptions.end() || child->second.life.up())
    return;
  const auto* known = find_runnable(state, number);
  if (known == nullptr) {
    forget(self, number);
    keep_promise_if_drained(self);
    return;
  }
  state.env->metrics.actor_restarts(child->second.life.card()->kind).Increment();
  spawn_into(self, child->second, number, *known);
}

void forget_poison(ingest_pointer self, const event_settled& settled) {
  const auto known = self->state.subscriptions.find(settled.number);
  if (known != self->state.subscriptions.end())
    known->second.poison.settled(settled.event);
}

void obey(ingest_pointer self, const command_subscription& asked) {
  const auto known = self->state.subscriptions.find(asked.number);
  if (known == self->state.subscriptions.end())
    return;
  auto& child = known->second;
  if (asked.command == supervision::child_command::release) {
    if (child.life.release(self->state.env->now()))
      restart_subscription(self, asked.number);
  } else if (child.life.stays()) {
    end_subscription(self, child);
    child.wanted = true;
    self->delayed_send(self, restart_grace, restart_grace_over{asked.number, child.handle.id()});
  }
}

void kill_slow_subscription(ingest_pointer self, const restart_grace_over& grace) {
  const auto known = self->state.numbers.find(grace.incarnation);
  if (known == self->state.numbers.end() || known->second != grace.number)
    return;
  const auto& handle = self->state.subscriptions.at(grace.number).handle;
  supervision::kill_actor(caf::actor_cast<caf::actor>(handle));
}

void drain_subscriptions(ingest_pointer self, std::shared_ptr<std::promise<void>> drained) {
  auto& state = self->state;
  state.drained = std::move(drained);
  std::vector<domain::subscription_number> down;
  for (auto& [number, child] : state.subscriptions) {
    if (child.life.up())
      end_subscription(self, child);
    else
      down.push_back(number);
  }
  for (const auto number : down)
    forget(self, number);
  keep_promise_if_drained(self);
}

}  // namespace talaria::actors
