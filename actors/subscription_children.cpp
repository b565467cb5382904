#include "actors/subscription_children.hpp"

#include "actors/subscription.hpp"

#include <caf/all.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace talaria::actors {

namespace {

std::string path_of(domain::subscription_number number) {
  return fmt::format("/ingest/subscription-{}", domain::to_integer(number));
}

void spawn_into(ingest_pointer self, supervised_subscription& child,
                domain::subscription_number number, const catalog_entry& entry) {
  child.handle =
      self->spawn(subscription, self->state.env, number, entry.shard, child.card, self->address());
  child.up = true;
  child.ending = false;
  child.wanted = false;
  child.messages_sent = 0;
  child.card->state = supervision::actor_state::running;
  self->state.numbers.emplace(child.handle.id(), number);
  self->monitor(child.handle);
}

void count_awake(ingest_pointer self) {
  self->state.env->metrics.subscriptions_active.Set(
      static_cast<double>(self->state.subscriptions.size()));
}

void forget(ingest_pointer self, domain::subscription_number number) {
  self->state.subscriptions.erase(number);
  self->state.env->directory.leave(path_of(number));
  count_awake(self);
}

void keep_promise_if_drained(ingest_pointer self) {
  auto& state = self->state;
  if (state.drained && state.subscriptions.empty())
    std::exchange(state.drained, nullptr)->set_value();
}

void back_off_or_quarantine(ingest_pointer self, domain::subscription_number number,
                            supervised_subscription& child, const std::string& reason) {
  auto& env = *self->state.env;
  env.metrics.actor_failures(child.card->kind).Increment();
  child.card->failed(reason);
  const auto wait = child.budget.spend(self->clock().now(), env.random_fraction());
  if (!wait) {
    child.card->state = supervision::actor_state::quarantined;
    spdlog::error("{} is quarantined, its deliveries are held: {}", child.card->path, reason);
    return;
  }
  child.card->state = supervision::actor_state::backing_off;
  spdlog::warn("{} failed and will be restarted in {} ms: {}", child.card->path, wait->count(),
               reason);
  self->delayed_send(self, *wait, restart_due{number});
}

}  // namespace

supervised_subscription* wake_subscription(ingest_pointer self,
                                           domain::subscription_number number) {
  auto& state = self->state;
  const auto known = state.catalog.find(number);
  if (known == state.catalog.end() || state.drained)
    return nullptr;
  auto child = state.subscriptions.find(number);
  if (child == state.subscriptions.end()) {
    auto card = state.env->directory.enter(path_of(number), "subscription", state.env->now(),
                                           subscription_gauges);
    supervised_subscription fresh{
        .handle = {},
        .card = std::move(card),
        .budget = supervision::restart_budget{state.env->settings.subscription_restarts}};
    child = state.subscriptions.emplace(number, std::move(fresh)).first;
    spawn_into(self, child->second, number, known->second);
    count_awake(self);
  }
  auto& found = child->second;
  if (!found.up || found.ending) {
    found.wanted = true;
    return nullptr;
  }
  return &found;
}

supervised_subscription* find_awake(ingest_pointer self, domain::subscription_number number) {
  const auto child = self->state.subscriptions.find(number);
  if (child == self->state.subscriptions.end() || !child->second.up || child->second.ending)
    return nullptr;
  return &child->second;
}

void end_subscription(ingest_pointer self, supervised_subscription& subscription) {
  subscription.ending = true;
  subscription.card->state = supervision::actor_state::stopping;
  send_to(self, subscription, drain{});
}

void subscription_down(ingest_pointer self, const caf::down_msg& down) {
  auto& state = self->state;
  const auto known = state.numbers.find(down.source.id());
  if (known == state.numbers.end())
    return;
  const auto number = known->second;
  state.numbers.erase(known);
  auto& child = state.subscriptions.at(number);
  child.up = false;
  child.handle = nullptr;
  if (child.ending || state.drained) {
    const bool wanted = child.wanted;
    forget(self, number);
    if (wanted)
      wake_subscription(self, number);
    keep_promise_if_drained(self);
    return;
  }
  back_off_or_quarantine(self, number, child, caf::to_string(down.reason));
}

void restart_subscription(ingest_pointer self, domain::subscription_number number) {
  auto& state = self->state;
  const auto child = state.subscriptions.find(number);
  if (child == state.subscriptions.end() || child->second.up)
    return;
  const auto known = state.catalog.find(number);
  if (known == state.catalog.end() || state.drained) {
    forget(self, number);
    keep_promise_if_drained(self);
    return;
  }
  child->second.card->restarted(state.env->now());
  state.env->metrics.actor_restarts(child->second.card->kind).Increment();
  spawn_into(self, child->second, number, known->second);
}

void drain_subscriptions(ingest_pointer self, std::shared_ptr<std::promise<void>> drained) {
  auto& state = self->state;
  state.drained = std::move(drained);
  std::vector<domain::subscription_number> down;
  for (auto& [number, child] : state.subscriptions) {
    if (child.up)
      end_subscription(self, child);
    else
      down.push_back(number);
  }
  for (const auto number : down)
    forget(self, number);
  keep_promise_if_drained(self);
}

}  // namespace talaria::actors
