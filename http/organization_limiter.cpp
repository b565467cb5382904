#include "http/organization_limiter.hpp"

namespace talaria::http {

domain::sliding_window::verdict organization_limiter::take(
    const domain::organization_id& organization, domain::timestamp now, std::uint32_t limit,
    std::uint32_t amount) {
  const std::scoped_lock lock(mutex_);
  if (windows_.size() >= remembered_max && !windows_.contains(organization)) {
    std::erase_if(windows_, [now](const auto& entry) { return entry.second.is_idle(now); });
  }
  return windows_.try_emplace(organization, window_).first->second.take(now, limit, amount);
}

}  // namespace talaria::http
