#include "supervision/restart_budget.hpp"

#include <algorithm>
#include <cmath>

namespace talaria::supervision {

std::optional<std::chrono::milliseconds> restart_budget::spend(time_point now, double jitter) {
  while (!failures_.empty() && now - failures_.front() >= policy_.window)
    failures_.pop_front();
  if (failures_.size() >= policy_.restarts_max)
    return std::nullopt;
  const auto doublings = static_cast<double>(failures_.size());
  failures_.push_back(now);
  const auto longest = static_cast<double>(policy_.backoff_max.count());
  const double wait =
      std::min(static_cast<double>(policy_.backoff_min.count()) * std::exp2(doublings), longest);
  return std::chrono::milliseconds{std::llround(wait * (1 - jitter / 2))};
}

}  // namespace talaria::supervision
