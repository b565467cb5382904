#include "actors/recoverer.hpp"

#include <caf/all.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace talaria::actors {

namespace {

using domain::recovery;
using domain::recovery_status;
using self_pointer = supervision::observed_pointer<recoverer_actor, recoverer_state>;

/// More would hold up other writers of an SQLite store for longer than a commit may take.
constexpr std::size_t deliveries_at_once = 500;

std::size_t take_allowance(recoverer_state& state, const recovery& running) {
  const auto now = state.env->now();
  auto& allowance = state.allowances.try_emplace(running.id, now).first->second;
  return allowance.take(now, running.wanted.rate_per_second);
}

/// @returns whether it made anything pending.
bool advance(recoverer_state& state, const recovery& running) {
  auto stands = running;
  for (auto left = take_allowance(state, running); left > 0;) {
    const auto wanted = std::min(left, deliveries_at_once);
    const auto stepped = state.recoveries->advance(running.id, wanted, state.env->now());
    if (!stepped) {
      spdlog::warn("recovery {} waits: {}", to_string(running.id), stepped.error().detail);
      break;
    }
    const bool held = stepped->redelivered == stands.redelivered;
    stands = *stepped;
    if (held || stands.status != recovery_status::running)
      break;
    left -= wanted;
  }
  return stands.redelivered > running.redelivered;
}

/// Those that are not running any more are forgotten.
void keep_allowances(recoverer_state& state, const std::vector<recovery>& running) {
  std::erase_if(state.allowances, [&](const auto& known) {
    return std::ranges::find(running, known.first, &recovery::id) == running.end();
  });
}

/// @returns how long to wait before the next time.
std::chrono::milliseconds recover(self_pointer self) {
  auto& state = self->state;
  const auto& settings = state.env->settings;
  if (!state.env->has_common_duties())
    return settings.recover_idle_interval;
  const auto running = state.recoveries->running();
  if (!running) {
    spdlog::warn("recoveries wait: {}", running.error().detail);
    return settings.recover_idle_interval;
  }
  keep_allowances(state, *running);
  deliveries_due due;
  for (const auto& each : *running) {
    if (advance(state, each))
      due.subscriptions.push_back(each.number);
  }
  if (!due.subscriptions.empty())
    self->send(state.env->addresses.ingest.get(), std::move(due));
  return running->empty() ? settings.recover_idle_interval : settings.recover_interval;
}

}  // namespace

recoverer_actor::behavior_type recoverer(self_pointer self, environment* env,
                                         std::shared_ptr<supervision::actor_card> card) {
  supervision::begin(self, std::move(card), env->observer);
  auto& state = self->state;
  state.env = env;
  state.recoveries = env->store.open_recoveries();
  self->send(self, recover_due{});
  return {
      [self](recover_due) { self->delayed_send(self, recover(self), recover_due{}); },
  };
}

}  // namespace talaria::actors
