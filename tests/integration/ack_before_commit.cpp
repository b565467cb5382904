/// The event writer as it must not be: it answers first and commits later. Linked into
/// talaria_ack_before_commit in place of the real one, to show that the crash check notices.
#include "actors/event_writer.hpp"

#include <caf/all.hpp>

namespace talaria::actors {

namespace {

using self_pointer = supervision::observed_pointer<event_writer_actor, event_writer_state>;
constexpr std::chrono::milliseconds commit_delay{20};

void commit_late(self_pointer self) {
  std::vector<persistence::event_group> rows;
  events_committed committed;
  for (auto& append : std::exchange(self->state.group, {})) {
    auto& row = rows.emplace_back();
    for (std::size_t i = 0; i < append.submission->drafts().size(); ++i) {
      const auto& event = append.submission->drafts()[i].event;
      row.events.push_back(
          {.event = event, .fan_out = append.fan_out[i], .idempotent = std::nullopt});
      committed.events.push_back({event, append.fan_out[i]});
    }
  }
  const auto catalog = self->state.env->store.open_catalog();
  if (self->state.appender->append(rows, catalog->changes_since(0)->revision))
    self->send(self->state.env->addresses.ingest.get(), std::move(committed));
}

}  // namespace

event_writer_actor::behavior_type event_writer(self_pointer self, environment* env,
                                               std::shared_ptr<supervision::actor_card> card) {
  supervision::begin(self, card, env->observer);
  self->state.env = env;
  self->state.card = std::move(card);
  self->state.appender = env->store.open_event_appender();
  return {
      [self](append_events& append) {
        submission_answer answer;
        for (const auto& draft : append.submission->drafts()) {
          answer.received_at = draft.event->received_at;
          answer.events.push_back({.id = draft.event->id, .duplicate = false});
        }
        append.submission->answer(std::move(answer));
        self->state.group.push_back(std::move(append));
        if (self->state.group.size() == 1)
          self->delayed_send(self, commit_delay, flush_due{});
      },
      [self](flush_due) { commit_late(self); },
  };
}

}  // namespace talaria::actors
