#include "domain/sliding_window.hpp"

#include <algorithm>

namespace talaria::domain {

using std::chrono::microseconds;

namespace {

/// Less is an error of rounding.
constexpr double owed_min = 1e-6;

}  // namespace

std::uint32_t& sliding_window::count_of(std::int64_t slot) {
  // The oldest may be from before the epoch.
  return counts_.at(static_cast<std::size_t>((slot + slots) % slots));
}

void sliding_window::roll(timestamp now) {
  const auto current = now.time_since_epoch() / slot_;
  const auto first_new = std::max(newest_, current - slots) + 1;
  for (auto slot = first_new; slot <= current; ++slot) {
    sum_ -= count_of(slot);
    count_of(slot) = 0;
  }
  newest_ = std::max(newest_, current);
}

void sliding_window::pay_off(timestamp now, const quota& allowed) {
  const std::chrono::duration<double> passed = now - now_;
  const std::chrono::duration<double> length = slots * slot_;
  owed_ = std::max(owed_ - allowed.exact * (passed / length), -std::min(allowed.exact, 1.0));
}

microseconds sliding_window::wait_until_paid(const quota& allowed) const {
  const std::chrono::duration<double, std::micro> length = slots * slot_;
  return std::chrono::ceil<microseconds>(length * (owed_ / allowed.exact));
}

microseconds sliding_window::wait_for(std::int64_t gone) {
  auto slot = newest_ - slots + 1;
  for (std::int64_t freed = count_of(slot); freed < gone; freed += count_of(slot))
    ++slot;
  return (slot + slots) * slot_ - now_.time_since_epoch();
}

sliding_window::verdict sliding_window::take(timestamp now, quota allowed, std::uint32_t amount) {
  now = std::max(now, now_);
  roll(now);
  pay_off(now, allowed);
  now_ = now;
  if (owed_ > owed_min)
    return {.allowed = false, .remaining = 0, .wait = wait_until_paid(allowed)};
  const bool fits_never = amount > allowed.exact;
  const std::int64_t whole = allowed.whole;
  const auto others_max = fits_never ? 0 : std::max<std::int64_t>(whole - amount, 0);
  if (sum_ > others_max)
    return {.allowed = false, .remaining = 0, .wait = wait_for(sum_ - others_max)};
  if (fits_never) {
    owed_ += amount;
    idle_at_ = now + wait_until_paid(allowed);
    return {.allowed = true, .remaining = 0, .wait = idle_at_ - now};
  }
  count_of(newest_) += amount;
  sum_ += amount;
  idle_at_ = now + wait_for(sum_);
  return {.allowed = true,
          .remaining = static_cast<std::uint32_t>(std::max<std::int64_t>(whole - sum_, 0)),
          .wait = idle_at_ - now};
}

}  // namespace talaria::domain
