#include "actors/event_writer.hpp"

#include "actors/commit_display.hpp"

#include <caf/all.hpp>

#include <cstddef>
#include <utility>

namespace talaria::actors {

namespace {

using self_pointer = supervision::observed_pointer<event_writer_actor, event_writer_state>;

persistence::event_group to_group(append_events& append) {
  persistence::event_group group;
  auto& drafts = append.submission->drafts();
  group.events.reserve(drafts.size());
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    group.events.push_back({.event = drafts[i].event,
                            .fan_out = append.fan_out[i],
                            .idempotent = drafts[i].idempotent});
  }
  return group;
}

/// Adds what was stored, and not a duplicate, to the events that are to be routed.
/// @returns how many deliveries were created.
std::size_t collect_committed(append_events& append, const persistence::appended_group& appended,
                              events_committed& committed, metrics& metrics) {
  std::size_t deliveries = 0;
  for (std::size_t i = 0; i < appended.events.size(); ++i) {
    if (appended.events[i].duplicate) {
      metrics.events_duplicate.Increment();
      continue;
    }
    metrics.events_ingested.Increment();
    deliveries += append.fan_out[i].size();
    metrics.deliveries_created.Increment(static_cast<double>(append.fan_out[i].size()));
    if (!append.fan_out[i].empty())
      committed.events.push_back(
          {append.submission->drafts()[i].event, std::move(append.fan_out[i])});
  }
  return deliveries;
}

void answer_committed(self_pointer self, std::vector<append_events> group,
                      std::vector<persistence::appended_group> appended) {
  events_committed committed;
  for (std::size_t i = 0; i < group.size(); ++i) {
    auto& submission = *group[i].submission;
    const auto received_at = submission.drafts().front().event->received_at;
    const auto deliveries =
        collect_committed(group[i], appended[i], committed, self->state.env->metrics);
    submission.answer(submission_answer{.received_at = received_at,
                                        .events = std::move(appended[i].events),
                                        .conflicts = std::move(appended[i].conflicts),
                                        .deliveries = deliveries});
  }
  if (!committed.events.empty())
    self->send(self->state.env->addresses.ingest.get(), std::move(committed));
}

void send_back(self_pointer self, std::vector<append_events> group) {
  fan_out_outdated outdated;
  outdated.submissions.reserve(group.size());
  for (auto& append : group)
    outdated.submissions.push_back(std::move(append.submission));
  self->send(self->state.env->addresses.ingest.get(), std::move(outdated));
}

std::size_t count_events(const std::vector<persistence::event_group>& groups) {
  std::size_t events = 0;
  for (const auto& group : groups)
    events += group.events.size();
  return events;
}

void commit_group(self_pointer self) {
  auto& state = self->state;
  auto group = std::exchange(state.group, {});
  state.group_events = 0;
  state.group_bytes = 0;
  if (group.empty())
    return;
  // Fan-outs of different revisions cannot be checked in one transaction. The older ones are
  // outdated in any case, since `ingest` has loaded a newer catalogue.
  const auto revision = group.back().catalog_revision;
  std::vector<append_events> outdated;
  std::vector<append_events> current;
  for (auto& append : group)
    (append.catalog_revision == revision ? current : outdated).push_back(std::move(append));
  if (!outdated.empty())
    send_back(self, std::move(outdated));

  std::vector<persistence::event_group> rows;
  rows.reserve(current.size());
  for (auto& append : current)
    rows.push_back(to_group(append));
  auto& metrics = state.env->metrics;
  commit_display shown{*state.card};
  auto appended = metrics.store.time(store_operation::append,
                                     [&] { return state.appender->append(rows, revision); });
  if (appended) {
    state.env->reach(fault_points::event_after_commit, *state.card);
    shown.committed(count_events(rows), state.group_events);
    metrics.append_batch_events.Observe(static_cast<double>(count_events(rows)));
    answer_committed(self, std::move(current), *std::move(appended));
  } else if (appended.error().code == domain::ec::catalog_changed) {
    send_back(self, std::move(current));
  } else {
    for (auto& append : current)
      append.submission->answer(tl::unexpected(appended.error()));
  }
}

bool is_full(const event_writer_state& state) {
  return state.group_events >= state.env->settings.append_events_max ||
         state.group_bytes >= state.env->settings.append_bytes_max;
}

}  // namespace

event_writer_actor::behavior_type event_writer(self_pointer self, environment* env,
                                               std::shared_ptr<supervision::actor_card> card) {
  supervision::begin(self, card, env->observer);
  auto& state = self->state;
  state.env = env;
  state.card = std::move(card);
  state.appender = env->store.open_event_appender();
  return {
      [self](append_events& append) {
        auto& state = self->state;
        for (const auto& draft : append.submission->drafts()) {
          ++state.group_events;
          state.group_bytes += draft.event->payload.size();
        }
        state.group.push_back(std::move(append));
        if (is_full(state))
          commit_group(self);
        else if (state.group.size() == 1)
          self->send(self, flush_due{});
      },
      [self](flush_due) { commit_group(self); },
  };
}

}  // namespace talaria::actors
