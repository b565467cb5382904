#pragma once

#include "actors/environment.hpp"

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>

namespace talaria::actors {

/// Makes the outcomes of attempts durable, in groups, and tells their subscriptions.
///
/// While the store is unavailable the outcomes wait here. They are bounded: when too many wait, the
/// dispatcher starts no attempt until the store has taken some. Owns its session; detached, since
/// commits block. When it dies, the subscriptions miss their answers and send the outcomes again,
/// which changes nothing where they had been recorded.
struct outcome_writer_state {
  static inline const char* name = "outcome_writer";

  outcome_writer_state() = default;
  outcome_writer_state(const outcome_writer_state&) = delete;
  outcome_writer_state& operator=(const outcome_writer_state&) = delete;
  ~outcome_writer_state() {
    if (env != nullptr)
      env->outcomes_waiting -= static_cast<std::int64_t>(waiting.size());
  }

  environment* env = nullptr;
  std::shared_ptr<supervision::actor_card> card;
  std::unique_ptr<persistence::outcome_recorder> recorder;
  /// By delivery: one that is sent again takes the place of the first.
  std::map<domain::delivery_id, record_outcome> waiting;
  by_subscription_number<persistence::health_change> health;
  bool flush_pending = false;
  /// Zero unless the last commit failed.
  std::chrono::milliseconds backoff{0};
  /// Half as many after a commit that failed: the store may need more time for all than it has.
  std::size_t group_max = 0;
};

outcome_writer_actor::behavior_type outcome_writer(
    supervision::observed_pointer<outcome_writer_actor, outcome_writer_state> self,
    environment* env, std::shared_ptr<supervision::actor_card> card);

}  // namespace talaria::actors
