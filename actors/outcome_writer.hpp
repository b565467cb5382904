#pragma once

#include "actors/environment.hpp"

#include <chrono>
#include <map>
#include <memory>

namespace talaria::actors {

/// Makes the outcomes of attempts durable, in groups, and tells their subscriptions.
///
/// While the store is unavailable the outcomes wait here; each still holds its place in its
/// subscription's window, which bounds them. Owns its session; detached, since commits block. When
/// it dies, the subscriptions miss their answers and send the outcomes again, which changes nothing
/// where they had been recorded.
struct outcome_writer_state {
  static inline const char* name = "outcome_writer";

  environment* env = nullptr;
  std::shared_ptr<supervision::actor_card> card;
  std::unique_ptr<persistence::outcome_recorder> recorder;
  /// By delivery: one that is sent again takes the place of the first.
  std::map<domain::delivery_id, record_outcome> waiting;
  bool flush_pending = false;
  /// Zero unless the last commit failed.
  std::chrono::milliseconds backoff{0};
};

outcome_writer_actor::behavior_type outcome_writer(
    outcome_writer_actor::stateful_pointer<outcome_writer_state> self, environment* env,
    std::shared_ptr<supervision::actor_card> card);

}  // namespace talaria::actors
