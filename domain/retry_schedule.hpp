#pragma once

#include "domain/error.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace talaria::domain {

/// Decides when a failed delivery is tried again.
///
/// Pure: reads no clock and draws no randomness, so a simulation replays exactly from its seed.
class retry_schedule {
public:
  using duration = std::chrono::milliseconds;

  /// Eight attempts over about 28 hours: at once, then after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 10
  /// h, the schedule that Standard Webhooks recommends.
  retry_schedule();

  /// @param delays Waits before attempts 2, 3, ...; its size bounds the attempts. Empty: one
  /// attempt.
  /// @pre every delay is positive and at most `limits::retry_delay_max`.
  explicit retry_schedule(std::vector<duration> delays);

  /// Waits of `base`, `base * factor`, ... up to `max`, for `attempts_max` attempts in all.
  struct exponential {
    duration base{};
    double factor = 2;
    duration max{};
    std::uint32_t attempts_max = 0;

    bool operator==(const exponential&) const = default;
  };
  /// @pre `base` and `max` are positive, `factor` is at least 1.
  explicit retry_schedule(const exponential& form);

  /// The wait before the attempt that follows the `failed`-th of a run (counted from 1), spread by
  /// ±20 %.
  ///
  /// `retry_after` may lengthen the wait, up to the longest delay; it never shortens it: receivers
  /// must not set the pace of our retries.
  ///
  /// @param jitter Fraction in [0, 1), drawn by the caller.
  /// @returns `ec::attempts_exhausted` if `failed` was the last attempt.
  result<duration> next_delay(std::uint32_t failed, std::optional<std::chrono::seconds> retry_after,
                              double jitter) const;

  const std::vector<duration>& delays() const { return delays_; }
  /// The form it was made from, if that was not a list of delays.
  const std::optional<exponential>& form() const { return form_; }

  bool operator==(const retry_schedule&) const = default;

private:
  std::vector<duration> delays_;
  std::optional<exponential> form_;
};

}  // namespace talaria::domain
