#pragma once

#include "domain/time.hpp"

#include <chrono>
#include <cstdint>

namespace talaria::domain {

/// Limits how much happens in any stretch of time of a given length.
///
/// Keeps two counts, of the present fixed window and of the one before it, and takes what was
/// counted in the latter as evenly spread over it. So it needs no memory of single requests, and
/// nobody gets twice the limit around the end of a window. Pure: reads no clock.
class sliding_window {
public:
  struct verdict {
    bool allowed = false;
    /// How many more of the smallest kind would be allowed now.
    std::uint32_t remaining = 0;
    /// Until one that was refused would be allowed, if nothing else comes; else until everything
    /// that counts now does so no more.
    std::chrono::microseconds wait{};
  };

  /// @param length Of the window: positive.
  explicit sliding_window(std::chrono::microseconds length) : length_{length} {}

  /// Counts `amount` if it fits into what is left of `limit`; more than the limit fits into a
  /// window in which nothing was counted, and then takes the room of later ones.
  /// @pre `limit` and `amount` are at least 1.
  verdict take(timestamp now, std::uint32_t limit, std::uint32_t amount = 1);

  /// Whether nothing counts any more.
  bool is_idle(timestamp now) const { return now >= began_ + 2 * length_; }

private:
  void roll(timestamp now);
  std::chrono::microseconds passed(timestamp now) const;
  /// How many more are within the limit; may be below 0.
  std::int64_t room(timestamp now, std::int64_t limit) const;
  /// Until so many or fewer count.
  std::chrono::microseconds wait_for(timestamp now, std::int64_t fits) const;

  std::chrono::microseconds length_;
  timestamp began_{};
  std::int64_t current_ = 0;
  std::int64_t former_ = 0;
};

}  // namespace talaria::domain
