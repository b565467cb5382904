#include "actors/recovery_allowance.hpp"

#include <algorithm>

namespace talaria::actors {

std::size_t recovery_allowance::take(domain::timestamp now, std::uint32_t per_second) {
  constexpr std::int64_t second = std::chrono::microseconds{std::chrono::seconds{1}}.count();
  // A clock that steps back gives nothing, and counts from there.
  counted_until_ = std::clamp(counted_until_, now - span_max, now);
  const auto whole = (now - counted_until_).count() * per_second / second;
  // Rounded up, or the rest would be counted twice in the long run.
  counted_until_ += std::chrono::microseconds{(whole * second + per_second - 1) / per_second};
  return static_cast<std::size_t>(whole);
}

}  // namespace talaria::actors
