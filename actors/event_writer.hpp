#pragma once

#include "actors/environment.hpp"

#include <memory>
#include <vector>

namespace talaria::actors {

/// Makes submissions durable, then answers them.
///
/// While one commit is under way the next group gathers in the mailbox: no fixed wait under load,
/// one submission committed at once when idle. Owns its session; detached, since commits block.
/// Told by `ingest` and answers it. When it dies, the submissions it held are answered with
/// `ec::store_unavailable`, and what it had committed is found by the janitor's sweep.
struct event_writer_state {
  static inline const char* name = "event_writer";

  environment* env = nullptr;
  std::shared_ptr<supervision::actor_card> card;
  std::unique_ptr<persistence::event_appender> appender;
  std::vector<append_events> group;
  std::size_t group_events = 0;
  std::size_t group_bytes = 0;
};

event_writer_actor::behavior_type event_writer(
    supervision::observed_pointer<event_writer_actor, event_writer_state> self, environment* env,
    std::shared_ptr<supervision::actor_card> card);

}  // namespace talaria::actors
