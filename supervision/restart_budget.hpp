#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>

namespace talaria::supervision {

/// How often a child may fail before its supervisor gives up, and how long it waits in between.
struct restart_policy {
  std::uint32_t restarts_max = 5;
  std::chrono::milliseconds window{60'000};
  std::chrono::milliseconds backoff_min{50};
  std::chrono::milliseconds backoff_max{10'000};
};

/// Counts the failures of one child, or of one group, within a sliding window.
///
/// Pure: reads no clock and draws no randomness. The wait doubles with each failure in the window,
/// from `backoff_min` up to `backoff_max`, less up to a half by jitter, so that children that
/// failed together do not come back together.
class restart_budget {
public:
  using time_point = std::chrono::steady_clock::time_point;

  explicit restart_budget(restart_policy policy) : policy_(policy) {}

  /// Counts a failure.
  ///
  /// @param jitter Fraction in [0, 1), drawn by the caller.
  /// @returns the wait before the restart; nothing if the budget is exceeded.
  std::optional<std::chrono::milliseconds> spend(time_point now, double jitter);

  /// As if nothing had ever failed.
  void refill() { failures_.clear(); }

private:
  restart_policy policy_;
  std::deque<time_point> failures_;
};

}  // namespace talaria::supervision
