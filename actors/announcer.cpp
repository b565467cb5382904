#include "actors/announcer.hpp"

#include <caf/all.hpp>
#include <spdlog/spdlog.h>

#include <utility>
#include <vector>

namespace talaria::actors {

namespace {

using self_pointer = supervision::observed_pointer<announcer_actor, announcer_state>;

constexpr std::size_t events_at_once = 500;
constexpr std::chrono::seconds patience{10};

event_draft to_draft(const persistence::untold_event& untold) {
  event_draft draft;
  draft.event = std::make_shared<domain::event>();
  draft.event->application = untold.system_application;
  draft.event->type = untold.event.type;
  draft.event->payload = untold.event.payload;
  draft.event->labels = untold.event.labels;
  draft.event->occurred_at = untold.event.occurred_at;
  draft.idempotent = persistence::idempotency{
      .key_hash = untold.event.id, .body_hash = untold.event.id, .expires_at = {}};
  return draft;
}

void submit(self_pointer self, const std::vector<persistence::untold_event>& untold) {
  auto& env = *self->state.env;
  submission told;
  operational_events_submitted submitted;
  for (const auto& each : untold) {
    told.events.push_back(to_draft(each));
    submitted.ids.push_back(each.event.id);
  }
  told.done = [announcer = announcer_actor{self}, submitted = std::move(submitted)](
                  const domain::result<submission_answer>& answer) mutable {
    submitted.committed = answer.has_value();
    caf::anon_send(announcer, std::move(submitted));
  };
  if (!env.announcements.enter())
    return;
  self->state.patient_until = env.now() + patience;
  auto pending = std::make_shared<pending_submission>(std::move(told), env.announcements);
  self->send(env.addresses.ingest.get(), submit_events{std::move(pending)});
}

void announce(self_pointer self) {
  auto& state = self->state;
  if (state.env->now() < state.patient_until || !state.env->has_common_duties())
    return;
  const auto untold = state.outbox->first(events_at_once);
  if (!untold)
    spdlog::warn("operational events wait: {}", untold.error().detail);
  else if (!untold->empty())
    submit(self, *untold);
}

void forget(self_pointer self, const operational_events_submitted& submitted) {
  auto& state = self->state;
  state.patient_until = {};
  if (!submitted.committed)
    return;
  if (const auto removed = state.outbox->remove(submitted.ids); !removed)
    spdlog::warn("operational events are told again: {}", removed.error().detail);
  else if (submitted.ids.size() == events_at_once)
    announce(self);
}

}  // namespace

announcer_actor::behavior_type announcer(self_pointer self, environment* env,
                                         std::shared_ptr<supervision::actor_card> card) {
  supervision::begin(self, std::move(card), env->observer);
  auto& state = self->state;
  state.env = env;
  state.outbox = env->store.open_outbox();
  self->send(self, announce_due{});
  return {
      [self](announce_due) {
        announce(self);
        self->delayed_send(self, self->state.env->settings.announce_interval, announce_due{});
      },
      [self](const operational_events_submitted& submitted) { forget(self, submitted); },
  };
}

}  // namespace talaria::actors
