#include "domain/sliding_window.hpp"

#include <algorithm>

namespace talaria::domain {

using std::chrono::microseconds;

namespace {

/// How far into the window after its own a count must have gone, evenly, for so many of it to be
/// left as fit; rounded up.
microseconds gone_after(std::int64_t count, std::int64_t fits, microseconds length) {
  if (count <= fits)
    return microseconds{0};
  return microseconds{length.count() - fits * length.count() / count};
}

}  // namespace

void sliding_window::roll(timestamp now) {
  // A clock that steps back must not bring a window to life again.
  if (now < began_ + length_)
    return;
  const bool follows = now < began_ + 2 * length_;
  former_ = follows ? current_ : 0;
  current_ = 0;
  began_ = follows ? began_ + length_ : now;
}

microseconds sliding_window::passed(timestamp now) const {
  return std::max(std::chrono::duration_cast<microseconds>(now - began_), microseconds{0});
}

std::int64_t sliding_window::room(timestamp now, std::int64_t limit) const {
  const auto former_us = former_ * (length_ - passed(now)).count();
  // Rounded up: what counts a little counts.
  const auto former_left = (former_us + length_.count() - 1) / length_.count();
  return limit - current_ - former_left;
}

microseconds sliding_window::wait_for(timestamp now, std::int64_t fits) const {
  const auto beside_current = fits - current_;
  if (beside_current >= 0)
    return gone_after(former_, beside_current, length_) - passed(now);
  return length_ - passed(now) + gone_after(current_, fits, length_);
}

sliding_window::verdict sliding_window::take(timestamp now, std::uint32_t limit,
                                             std::uint32_t amount) {
  roll(now);
  const auto needed = static_cast<std::int64_t>(std::min(limit, amount));
  if (room(now, limit) < needed)
    return {.allowed = false,
            .remaining = 0,
            .wait = std::max(wait_for(now, limit - needed), microseconds{1})};
  current_ += amount;
  const auto left = std::max(room(now, limit), std::int64_t{0});
  return {.allowed = true, .remaining = static_cast<std::uint32_t>(left), .wait = wait_for(now, 0)};
}

}  // namespace talaria::domain
