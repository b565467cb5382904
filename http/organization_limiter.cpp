#include "http/organization_limiter.hpp"

#include "http/rate_headers.hpp"

namespace talaria::http {

std::optional<problem> organization_limiter::admit(const responder& responder,
                                                   const domain::organization_id& organization,
                                                   std::optional<std::uint32_t> limit,
                                                   std::uint32_t amount) {
  if (limit.value_or(0) == 0) {
    return std::nullopt;
  }
  const auto began_at = std::chrono::steady_clock::now();
  std::uint32_t part = *limit;
  if (usage_ != nullptr) {
    usage_->asked(organization, kind_, amount);
    part = usage_->part_of(*limit, organization, kind_);
  }
  const auto verdict = take(organization, part, amount);
  metrics_.count_rate_limit(
      verdict.allowed ? rate_limit_decision::allowed : rate_limit_decision::limited,
      std::chrono::steady_clock::now() - began_at);
  return judge(responder, verdict, *limit, what_);
}

domain::sliding_window::verdict organization_limiter::take(
    const domain::organization_id& organization, std::uint32_t limit, std::uint32_t amount) {
  const auto now = now_();
  const std::scoped_lock lock(mutex_);
  if (windows_.size() >= remembered_max && !windows_.contains(organization)) {
    std::erase_if(windows_, [now](const auto& entry) { return entry.second.is_idle(now); });
  }
  return windows_.try_emplace(organization, window_).first->second.take(now, limit, amount);
}

}  // namespace talaria::http
