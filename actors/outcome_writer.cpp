#include "actors/outcome_writer.hpp"

#include "actors/commit_display.hpp"

#include <caf/all.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <unordered_map>
#include <vector>

namespace talaria::actors {

namespace {

using self_pointer = supervision::observed_pointer<outcome_writer_actor, outcome_writer_state>;

constexpr std::chrono::milliseconds backoff_min{50};
constexpr std::chrono::milliseconds backoff_max{1'000};

void schedule_flush(self_pointer self) {
  auto& state = self->state;
  if (state.flush_pending)
    return;
  state.flush_pending = true;
  if (state.backoff.count() == 0)
    self->send(self, flush_due{});
  else
    self->delayed_send(self, state.backoff, flush_due{});
}

void count(const persistence::outcome& outcome, persistence::record_status status,
           metrics& metrics) {
  if (status == persistence::record_status::fenced)
    metrics.outcomes_fenced.Increment();
  if (status != persistence::record_status::recorded)
    return;
  switch (outcome.status) {
    case domain::delivery_status::delivered:
      metrics.of(outcome.priority).deliveries_delivered.Increment();
      break;
    case domain::delivery_status::dead:
      metrics.of(outcome.priority).deliveries_dead.Increment();
      break;
    default:
      metrics.deliveries_retried.Increment();
  }
}

void answer(self_pointer self, std::vector<record_outcome> group,
            const std::vector<persistence::record_status>& statuses) {
  if (std::any_of(group.begin(), group.end(),
                  [](const auto& recorded) { return recorded.outcome.receiver_gone; }))
    announce_catalog_change(*self->state.env);
  std::unordered_map<caf::actor_id, std::pair<subscription_actor, outcomes_recorded>> answers;
  for (std::size_t i = 0; i < group.size(); ++i) {
    count(group[i].outcome, statuses[i], self->state.env->metrics);
    auto& [subscription, recorded] = answers[group[i].reply_to.id()];
    recorded.outcomes.push_back({group[i].outcome.delivery.event, statuses[i]});
    subscription = std::move(group[i].reply_to);
  }
  for (auto& [id, answer] : answers)
    self->send(answer.first, std::move(answer.second));
}

void back_off(self_pointer self, const domain::error& error) {
  auto& state = self->state;
  if (state.backoff.count() == 0)
    spdlog::warn("outcomes wait: the store does not take them: {}", error.detail);
  state.backoff = std::clamp(state.backoff * 2, backoff_min, backoff_max);
}

void note_taken(self_pointer self, std::int64_t outcomes) {
  auto& env = *self->state.env;
  const auto before = env.outcomes_waiting.fetch_sub(outcomes);
  const auto max = env.settings.outcomes_waiting_max;
  if (before >= max && before - outcomes < max)
    self->send(env.addresses.dispatcher.get(), outcomes_taken{});
}

/// What is told of the former must not be lost with it.
void replace(persistence::health_change& former, persistence::health_change later) {
  later.given_up = later.given_up || former.given_up;
  later.tells.insert(later.tells.begin(), std::make_move_iterator(former.tells.begin()),
                     std::make_move_iterator(former.tells.end()));
  former = std::move(later);
}

void note_health(outcome_writer_state& state, persistence::health_change change) {
  const auto [known, is_new] = state.health.try_emplace(change.subscription, change);
  if (!is_new)
    replace(known->second, std::move(change));
}

void commit_health(self_pointer self) {
  auto& state = self->state;
  if (state.health.empty())
    return;
  std::vector<persistence::health_change> changes;
  for (const auto& [number, change] : state.health)
    changes.push_back(change);
  const auto statuses = state.env->metrics.store.time(store_operation::record_health, [&] {
    return state.recorder->record_health(state.env->incarnation, changes);
  });
  if (!statuses) {
    back_off(self, statuses.error());
    return;
  }
  state.health.clear();
  if (std::ranges::any_of(changes, &persistence::health_change::given_up))
    announce_catalog_change(*state.env);
}

void commit_outcomes(self_pointer self) {
  auto& state = self->state;
  std::vector<record_outcome> group;
  std::vector<persistence::outcome> rows;
  for (const auto& [id, waiting] : state.waiting) {
    if (group.size() == state.group_max)
      break;
    group.push_back(waiting);
    rows.push_back(waiting.outcome);
  }
  if (group.empty())
    return;
  auto& metrics = state.env->metrics;
  commit_display shown{*state.card};
  const auto statuses = metrics.store.time(store_operation::record, [&] {
    return state.recorder->record(state.env->incarnation, rows);
  });
  if (statuses) {
    state.env->reach(fault_points::outcome_after_commit, *state.card);
    metrics.record_batch_outcomes.Observe(static_cast<double>(rows.size()));
    state.backoff = std::chrono::milliseconds{0};
    state.group_max = std::min(2 * state.group_max, state.env->settings.record_outcomes_max);
    for (const auto& recorded : group)
      state.waiting.erase(recorded.outcome.delivery);
    shown.committed(rows.size(), state.waiting.size());
    note_taken(self, static_cast<std::int64_t>(group.size()));
    answer(self, std::move(group), *statuses);
  } else {
    state.group_max = std::max<std::size_t>(group.size() / 2, 1);
    back_off(self, statuses.error());
  }
}

void commit_group(self_pointer self) {
  auto& state = self->state;
  state.flush_pending = false;
  commit_outcomes(self);
  commit_health(self);
  if (!state.waiting.empty() || !state.health.empty())
    schedule_flush(self);
}

}  // namespace

outcome_writer_actor::behavior_type outcome_writer(self_pointer self, environment* env,
                                                   std::shared_ptr<supervision::actor_card> card) {
  supervision::begin(self, card, env->observer);
  auto& state = self->state;
  state.env = env;
  state.card = std::move(card);
  state.recorder = env->store.open_outcome_recorder();
  state.group_max = env->settings.record_outcomes_max;
  return {
      [self](record_outcome& message) {
        auto& state = self->state;
        const auto delivery = message.outcome.delivery;
        if (state.waiting.insert_or_assign(delivery, std::move(message)).second)
          ++state.env->outcomes_waiting;
        schedule_flush(self);
      },
      [self](record_health& message) {
        note_health(self->state, std::move(message.change));
        schedule_flush(self);
      },
      [self](flush_due) { commit_group(self); },
  };
}

}  // namespace talaria::actors
