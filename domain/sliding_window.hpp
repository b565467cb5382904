#pragma once

#include "domain/time.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace talaria::domain {

/// Limits how much happens in any stretch of time of a given length.
///
/// Keeps a count for each fiftieth of the length, and lets one go a length after it began. So it
/// needs no memory of single requests, who asks evenly for all of the limit gets it, and a stretch
/// has more than the limit only if it is longer than 49 fiftieths.
///
/// An amount beyond the limit, which never fits, is allowed when nothing else counts, and then
/// nothing more until the limit has made up for it. Pure: reads no clock.
class sliding_window {
public:
  /// How much is allowed in a length, which need not be a whole number: a node's part of what
  /// several admit together. Over many lengths `whole`, one of the two whole numbers beside
  /// `exact`, is `exact` on average.
  struct quota {
    std::uint32_t whole = 0;
    double exact = 0;
  };

  struct verdict {
    bool allowed = false;
    /// How many more of the smallest kind would be allowed now.
    std::uint32_t remaining = 0;
    /// Until one that was refused would be allowed, if nothing else comes and the quota stays; else
    /// until everything that counts now does so no more.
    std::chrono::microseconds wait{};
  };

  /// @param length Of the window: at least 50 microseconds.
  explicit sliding_window(std::chrono::microseconds length) : slot_{length / slots} {}

  /// Counts `amount`, which is at least 1, if it is allowed.
  /// @pre `allowed.exact` is above 0
  verdict take(timestamp now, quota allowed, std::uint32_t amount = 1);
  verdict take(timestamp now, std::uint32_t limit, std::uint32_t amount = 1) {
    return take(now, quota{limit, static_cast<double>(limit)}, amount);
  }

  /// Whether nothing counts any more.
  bool is_idle(timestamp now) const { return now >= idle_at_; }

private:
  static constexpr std::int64_t slots = 50;

  std::uint32_t& count_of(std::int64_t slot);
  void roll(timestamp now);
  void pay_off(timestamp now, const quota& allowed);
  std::chrono::microseconds wait_until_paid(const quota& allowed) const;
  /// Until at least so much that counts now does so no more.
  std::chrono::microseconds wait_for(std::int64_t gone);

  std::chrono::microseconds slot_;
  /// Never goes back, whatever the clock does.
  timestamp now_{};
  std::int64_t newest_ = 0;
  std::array<std::uint32_t, slots> counts_{};
  std::int64_t sum_ = 0;
  /// What is left of an amount beyond the limit. Below 0: what was paid ahead, at most one, so that
  /// who asks seldom does not lose the time until it asks again.
  double owed_ = 0;
  timestamp idle_at_{};
};

}  // namespace talaria::domain
