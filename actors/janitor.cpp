#include "actors/janitor.hpp"

#include <caf/all.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>

namespace talaria::actors {

namespace {

using self_pointer = supervision::observed_pointer<janitor_actor, janitor_state>;
using namespace std::chrono_literals;

/// What became due this long ago should have been sent; sooner, it is most likely on its way.
constexpr auto sweep_grace = 2s;
/// Rows are committed a little after the times they carry, so that each sweep looks back.
constexpr auto sweep_overlap = 10s;
constexpr std::size_t purge_rows_max = 5'000;
/// Bounds one pass, so that a purge of years does not keep the sweep waiting.
constexpr int purge_rounds_max = 20;

/// @returns whether the store answered.
bool wake_due_between(self_pointer self, std::span<const persistence::shard_id> shards,
                      domain::timestamp after, domain::timestamp until) {
  auto& state = self->state;
  auto due = state.env->metrics.store.time(
      store_operation::sweep, [&] { return state.queue->due_subscriptions(shards, after, until); });
  if (!due) {
    spdlog::warn("the sweep for due deliveries failed: {}", due.error().detail);
    return false;
  }
  if (!due->empty())
    self->send(state.env->addresses.ingest.get(), deliveries_due{*std::move(due)});
  return true;
}

void sweep(self_pointer self) {
  auto& state = self->state;
  const bool first = state.swept_until == domain::timestamp{};
  const auto until = first ? state.env->now() : state.env->now() - sweep_grace;
  const auto after = first ? domain::timestamp{} : state.swept_until - sweep_overlap;
  const auto& shards = state.env->shards;
  const auto count = shards.served_count();
  // A node alone need not name them all with every sweep.
  const auto named =
      count == persistence::shard_count ? std::vector<persistence::shard_id>{} : shards.served();
  if (count == 0 || wake_due_between(self, named, after, until))
    state.swept_until = until;
}

template <class Purge>
void purge_in_rounds(const char* what, const Purge& purge) {
  for (int round = 0; round < purge_rounds_max; ++round) {
    const domain::result<std::size_t> purged = purge();
    if (!purged)
      spdlog::warn("deleting expired {} failed: {}", what, purged.error().detail);
    if (!purged || *purged < purge_rows_max)
      return;
  }
}

void purge(self_pointer self) {
  auto& state = self->state;
  if (!state.env->has_common_duties())
    return;
  const auto now = state.env->now();
  if (const auto prepared = state.upkeep->prepare(now); !prepared)
    spdlog::warn("making room for the coming days failed: {}", prepared.error().detail);
  if (const auto cancelled = state.upkeep->cancel_orphans(now); !cancelled)
    spdlog::warn("cancelling deliveries of deleted subscriptions failed: {}",
                 cancelled.error().detail);
  purge_in_rounds("idempotency keys",
                  [&] { return state.upkeep->purge_idempotency_keys(now, purge_rows_max); });
  purge_in_rounds("idempotency keys of resources",
                  [&] { return state.upkeep->purge_creations(now, purge_rows_max); });
  const auto audited_until = now - state.env->settings.audit_retention;
  purge_in_rounds("audit entries",
                  [&] { return state.upkeep->purge_audit_entries(audited_until, purge_rows_max); });
  purge_in_rounds("events", [&] {
    return state.upkeep->purge_events(now, state.env->settings.default_retention, purge_rows_max);
  });
}

}  // namespace

janitor_actor::behavior_type janitor(self_pointer self, environment* env,
                                     std::shared_ptr<supervision::actor_card> card) {
  supervision::begin(self, std::move(card), env->observer);
  auto& state = self->state;
  state.env = env;
  state.queue = env->store.open_queue_reader();
  state.upkeep = env->store.open_upkeep();
  self->send(self, sweep_due{});
  self->delayed_send(self, env->settings.full_sweep_interval, full_sweep_due{});
  self->delayed_send(self, env->settings.purge_interval, purge_due{});
  return {
      [self](sweep_due) {
        sweep(self);
        self->delayed_send(self, self->state.env->settings.sweep_interval, sweep_due{});
      },
      [self](sweep_everything) {
        self->state.swept_until = {};
        sweep(self);
      },
      [self](const sweep_shards& taken) {
        auto& env = *self->state.env;
        if (!wake_due_between(self, taken.shards, {}, env.now()))
          self->delayed_send(self, env.settings.sweep_interval, sweep_everything{});
      },
      [self](full_sweep_due) {
        // What was committed by whoever's clock is behind was never due within a sweep.
        self->state.swept_until = {};
        self->delayed_send(self, self->state.env->settings.full_sweep_interval, full_sweep_due{});
      },
      [self](purge_due) {
        purge(self);
        self->delayed_send(self, self->state.env->settings.purge_interval, purge_due{});
      },
  };
}

}  // namespace talaria::actors
