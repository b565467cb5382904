#include "actors/surveyor.hpp"

#include "supervision/inspection.hpp"

#include <caf/all.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>

namespace talaria::actors {

namespace {

using self_pointer = supervision::observed_pointer<surveyor_actor, surveyor_state>;
using namespace std::chrono_literals;

constexpr std::chrono::milliseconds pause_min = 5s;
constexpr std::chrono::milliseconds pause_max = 5min;
constexpr int pause_per_survey = 49;
constexpr std::uint64_t stuck_after_us = 5'000'000;

double to_seconds(domain::timestamp::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

void show(const persistence::queue_depth& depth, domain::timestamp now, metrics& metrics) {
  auto& queue = metrics.of(depth.priority);
  queue.pending.Set(static_cast<double>(depth.pending));
  const auto oldest = depth.oldest_due.value_or(now);
  queue.oldest_due_age_seconds.Set(std::max(to_seconds(now - oldest), 0.0));
}

void survey(const surveyor_state& state) {
  auto& metrics = state.env->metrics;
  const auto depths =
      metrics.store.time(store_operation::survey, [&] { return state.history->queue_depths(); });
  if (!depths) {
    spdlog::warn("the queue could not be counted: {}", depths.error().detail);
    return;
  }
  const auto now = state.env->now();
  for (const auto& depth : *depths)
    show(depth, now, metrics);
  metrics.surveyed_at_seconds.Set(to_seconds(now.time_since_epoch()));
}

void survey_actors(environment& env) {
  std::array<std::size_t, supervision::actor_state_count> by_state{};
  std::size_t stuck = 0;
  env.directory.each([&](const auto& card) {
    ++by_state.at(static_cast<std::size_t>(card->state.load()));
    stuck += supervision::handling_us(*card) > stuck_after_us ? 1 : 0;
  });
  for (std::size_t i = 0; i < by_state.size(); ++i)
    env.metrics.actors_in(static_cast<supervision::actor_state>(i))
        .Set(static_cast<double>(by_state.at(i)));
  env.metrics.actors_stuck.Set(static_cast<double>(stuck));
}

}  // namespace

std::chrono::milliseconds pause_after_survey(std::chrono::milliseconds took) {
  return std::clamp(took * pause_per_survey, pause_min, pause_max);
}

surveyor_actor::behavior_type surveyor(self_pointer self, environment* env,
                                       std::shared_ptr<supervision::actor_card> card) {
  supervision::begin(self, std::move(card), env->observer);
  self->state.env = env;
  self->state.history = env->store.open_history();
  self->send(self, survey_due{});
  return {
      [self](survey_due) {
        const auto started = std::chrono::steady_clock::now();
        survey(self->state);
        survey_actors(*self->state.env);
        const auto took = std::chrono::steady_clock::now() - started;
        self->delayed_send(self,
                           pause_after_survey(std::chrono::ceil<std::chrono::milliseconds>(took)),
                           survey_due{});
      },
  };
}

}  // namespace talaria::actors
