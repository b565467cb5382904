#pragma once

#include "domain/time.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace talaria::domain {

/// Spreads deliveries evenly: a token bucket in the form of the generic cell rate algorithm (ITU-T
/// I.371), which needs no refilling.
///
/// As many may come at once as are due in `burst`: it makes up for timers that are late, and is too
/// short for a receiver to notice. Pure: reads no clock.
class rate_limiter {
public:
  static constexpr std::chrono::milliseconds burst{10};

  /// Absent: no limit. What was taken before still counts.
  /// @pre it is not zero
  void set_rate(std::optional<std::uint32_t> per_second);

  /// The earliest time, from `now` on, at which another may start.
  timestamp next(timestamp now) const;

  /// How many may start at once now; 0 also without a limit.
  std::uint32_t available(timestamp now) const;

  /// @pre `next(now) == now`
  void take(timestamp now);

private:
  std::chrono::nanoseconds interval_{0};
  /// When the next would be due if all came evenly.
  std::chrono::sys_time<std::chrono::nanoseconds> due_{};
};

}  // namespace talaria::domain
