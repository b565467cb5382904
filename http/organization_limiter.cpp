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
  const auto now = now_();
  domain::sliding_window::quota allowed{*limit, static_cast<double>(*limit)};
  if (usage_ != nullptr) {
    usage_->asked(organization, kind_, amount);
    const auto turn = static_cast<std::uint64_t>(now.time_since_epoch() / window_);
    allowed = usage_->part_of(*limit, organization, kind_, turn);
  }
  const auto verdict = take(organization, now, allowed, amount);
  metrics_.count_rate_limit(
      verdict.allowed ? rate_limit_decision::allowed : rate_limit_decision::limited,
      std::chrono::steady_clock::now() - began_at);
  return judge(responder, verdict, *limit, what_);
}

domain::sliding_window::verdict organization_limiter::take(
    const domain::organization_id& organization, domain::timestamp now,
    domain::sliding_window::quota allowed, std::uint32_t amount) {
  const std::scoped_lock lock(mutex_);
  if (windows_.size() >= remembered_max && !windows_.contains(organization)) {
    std::erase_if(windows_, [now](const auto& entry) { return entry.second.is_idle(now); });
  }
  return windows_.try_emplace(organization, window_).first->second.take(now, allowed, amount);
}

}  // namespace talaria::http
