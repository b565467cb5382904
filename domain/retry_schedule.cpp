#include "domain/retry_schedule.hpp"

#include <algorithm>
#include <cmath>

namespace talaria::domain {

using namespace std::chrono_literals;

retry_schedule::retry_schedule() : delays_{5s, 5min, 30min, 2h, 5h, 10h, 10h} {
}

retry_schedule::retry_schedule(std::vector<duration> delays) : delays_(std::move(delays)) {
}

retry_schedule::retry_schedule(const exponential& form) : form_(form) {
  const auto longest_ms = static_cast<double>(form.max.count());
  auto delay_ms = std::min(static_cast<double>(form.base.count()), longest_ms);
  for (std::uint32_t attempt = 1; attempt < form.attempts_max; ++attempt) {
    delays_.emplace_back(std::llround(delay_ms));
    delay_ms = std::min(delay_ms * form.factor, longest_ms);
  }
}

result<retry_schedule::duration> retry_schedule::next_delay(
    std::uint32_t failed, std::optional<std::chrono::seconds> retry_after, double jitter) const {
  if (failed == 0 || failed > delays_.size())
    return fail(ec::attempts_exhausted, "the schedule has no further attempt");
  constexpr double spread = 0.2;
  const auto planned = static_cast<double>(delays_[failed - 1].count());
  duration delay{
      std::max<std::int64_t>(1, std::llround(planned * (1 - spread + 2 * spread * jitter)))};
  // A time in the past asks for nothing.
  if (retry_after && *retry_after > 0s) {
    // Compared in seconds first: a receiver may send any number, and milliseconds could overflow.
    const auto longest = *std::max_element(delays_.begin(), delays_.end());
    const bool beyond_longest =
        *retry_after > std::chrono::duration_cast<std::chrono::seconds>(longest);
    delay = std::max(delay, beyond_longest ? longest : duration{*retry_after});
  }
  return delay;
}

}  // namespace talaria::domain
