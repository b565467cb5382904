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

void tell_vacated(ingest_pointer self, std::vector<persistence::shard_id> shards) {
  if (const auto member = self->state.env->addresses.member.get())
    self->send(member, shards_vacated{std::move(shards)});
}

void note_ended(ingest_pointer self, persistence::shard_id shard) {
  auto& leaving = self->state.leaving;
  const auto waits = leaving.find(shard);
  if (waits == leaving.end() || --waits->second > 0)
    return;
  leaving.erase(waits);
  tell_vacated(self, {shard});
}

/// Where a subscription that may run does so.
struct runnable {
  persistence::shard_id shard{};
  persistence::fencing_epoch epoch{};
};

void spawn_into(ingest_pointer self, supervised_subscription& child,
                domain::subscription_number number, const runnable& entry) {
  *child.at_hand = {};
  child.shard = entry.shard;
  if (std::exchange(child.leaves, false))
    note_ended(self, child.shard);
  child.handle = self->spawn(subscription, self->state.env,
                             subscription_start{.number = number,
                                                .shard = entry.shard,
                                                .epoch = entry.epoch,
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
  auto& state = self->state;
  const auto known = state.subscriptions.find(number);
  const auto shard = known->second.shard;
  state.subscriptions.erase(known);
  state.env->directory.leave(path_of(number), state.env->now());
  count_awake(self);
  note_ended(self, shard);
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

/// Nothing if it may not run here.
std::optional<runnable> find_runnable(const ingest_state& state,
                                      domain::subscription_number number) {
  const auto known = state.catalog.find(number);
  if (known == state.catalog.end() || state.drained)
    return std::nullopt;
  const auto epoch = state.env->shards.serves(known->second.shard);
  if (!epoch)
    return std::nullopt;
  return runnable{known->second.shard, *epoch};
}

}  // namespace

supervised_subscription* wake_subscription(ingest_pointer self,
                                           domain::subscription_number number) {
  auto& state = self->state;
  const auto known = find_runnable(state, number);
  if (!known)
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
  auto& env = *self->state.env;
  const auto child = self->state.subscriptions.find(number);
  if (child == self->state.subscriptions.end())
    return;
  const auto shard = child->second.shard;
  if (env.shards.serves(shard)) {
    spdlog::warn("shard {} has another owner: nothing more of it is delivered here",
                 static_cast<int>(shard));
    env.shards.drop(std::span{&shard, 1});
  }
  if (const auto member = env.addresses.member.get())
    self->send(member, shard_lost{shard});
  if (child->second.life.stays())
    end_subscription(self, child->second);
}

void vacate(ingest_pointer self, const shards_leaving& leaving) {
  auto& state = self->state;
  for (const auto shard : leaving.shards)
    state.leaving.try_emplace(shard, 0);
  std::vector<domain::subscription_number> down;
  for (auto& [number, child] : state.subscriptions) {
    const auto waits = state.leaving.find(child.shard);
    if (waits == state.leaving.end() || child.leaves)
      continue;
    ++waits->second;
    child.leaves = true;
    if (!child.life.up())
      down.push_back(number);
    else if (child.life.stays())
      end_subscription(self, child);
  }
  std::vector<persistence::shard_id> empty;
  for (const auto shard : leaving.shards) {
    const auto waits = state.leaving.find(shard);
    if (waits == state.leaving.end() || waits->second > 0)
      continue;
    state.leaving.erase(waits);
    empty.push_back(shard);
  }
  if (!empty.empty())
    tell_vacated(self, std::move(empty));
  for (const auto number : down)
    forget(self, number);
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
  const auto known = find_runnable(state, number);
  if (!known) {
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
