#pragma once

#include "actors/environment.hpp"

#include <chrono>
#include <memory>

namespace talaria::actors {

/// Counts what is pending, for the metrics.
///
/// The store counts by reading its whole queue, which takes long just when it matters; so it is
/// asked in the background, and seldom when it is slow. Owns its session; detached. When it dies,
/// the metrics keep their last values until its next incarnation counts anew.
struct surveyor_state {
  static inline const char* name = "surveyor";

  environment* env = nullptr;
  std::unique_ptr<persistence::history> history;
};

/// How long to wait after a survey that took `took`, so that surveys take a fiftieth of the time at
/// the most; from 5 s to 5 minutes.
std::chrono::milliseconds pause_after_survey(std::chrono::milliseconds took);

surveyor_actor::behavior_type surveyor(
    supervision::observed_pointer<surveyor_actor, surveyor_state> self, environment* env,
    std::shared_ptr<supervision::actor_card> card);

}  // namespace talaria::actors
