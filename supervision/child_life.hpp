#pragma once

#include "supervision/actor_card.hpp"
#include "supervision/restart_budget.hpp"

#include <chrono>
#include <memory>
#include <string>

namespace talaria::supervision {

/// The life of one child, as its supervisor leads it. Keeps the child's card up to date.
///
///                 start                    failed, budget left
///     restarting ───────► running ───────────────────────────────► backing_off
///       ▲     ▲            │   │                                        │ due
///       │     │    failed, │   │ told to stop                           ▼
///       │     │ none left  │   ▼                                    restarting
///       │     │            │  stopping ──down──► gone, or restarting if it is wanted again
///       │     └────────────┼───────────┘
///       │ released         ▼
///       └──────────── quarantined
///
/// Pure: starts no actor, reads no clock and draws no randomness. Not thread-safe.
class child_life {
public:
  child_life(std::shared_ptr<actor_card> card, restart_policy policy)
      : card_(std::move(card)), budget_(policy) {}

  const std::shared_ptr<actor_card>& card() const { return card_; }
  actor_state state() const { return card_->state; }
  /// There is an actor, which may be about to end.
  bool up() const { return up_; }
  /// There is an actor, and it is to stay.
  bool stays() const { return up_ && state() == actor_state::running; }

  /// @pre not up
  void start(domain::timestamp now);
  /// It was told to end. @pre up
  void told_to_stop();
  /// It ended as it was told to, or by itself without a failure.
  void ended();

  struct moment {
    domain::timestamp now;
    std::chrono::steady_clock::time_point steady;
    /// Fraction in [0, 1).
    double jitter = 0;
  };
  /// It failed, and is to be started anew.
  /// @returns the wait before; nothing if the budget is exceeded: to be quarantined, or the
  /// business of the supervisor's own supervisor.
  std::optional<std::chrono::milliseconds> failed(const std::string& reason, const moment& at);
  /// As `failed`, of a failure that is somebody else's: it costs nothing of the budget.
  void failed_by_another(const std::string& reason, const moment& at);
  void quarantine(domain::timestamp now);
  /// Its budget is full again. @returns false, changing nothing, if it is not quarantined.
  bool release(domain::timestamp now);
  /// Waits for its restart without having failed: with a sibling, or because somebody asked.
  void await_restart();

private:
  std::shared_ptr<actor_card> card_;
  restart_budget budget_;
  bool up_ = false;
};

}  // namespace talaria::supervision
