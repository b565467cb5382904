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

void rate_limiter::take(timestamp now) {
  due_ = std::max<decltype(due_)>(due_, now) + interval_;
}

}  // namespace talaria::domain
