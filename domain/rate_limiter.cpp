#include "domain/rate_limiter.hpp"

#include <algorithm>

namespace talaria::domain {

void rate_limiter::set_rate(std::optional<std::uint32_t> per_second) {
  interval_ = per_second ? std::chrono::nanoseconds{std::chrono::seconds{1}} / *per_second
                         : std::chrono::nanoseconds{0};
}

timestamp rate_limiter::next(timestamp now) const {
  if (interval_.count() == 0)
    return now;
  return std::max(now, std::chrono::ceil<timestamp::duration>(due_ - burst));
}

std::uint32_t rate_limiter::available(timestamp now) const {
  if (interval_.count() == 0 || next(now) > now)
    return 0;
  const auto ahead = std::max<std::chrono::nanoseconds>(due_ - now, std::chrono::nanoseconds{0});
  return static_cast<std::uint32_t>(1 + (burst - ahead) / interval_);
}

void rate_limiter::take(timestamp now) {
  due_ = std::max<decltype(due_)>(due_, now) + interval_;
}

}  // namespace talaria::domain
