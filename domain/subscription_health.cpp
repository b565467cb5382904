#include "domain/subscription_health.hpp"

namespace talaria::domain {

namespace {

/// Next to the days after which a subscription is disabled, what a restart forgets is nothing.
constexpr std::chrono::minutes lasting_failure{1};

}  // namespace

bool is_worth_storing(const subscription_health& current, const subscription_health& stored,
                      timestamp now) {
  if (current.breaker != stored.breaker)
    return true;
  if (stored.failing_since)
    return current.failing_since != stored.failing_since;
  return current.failing_since && now - *current.failing_since >= lasting_failure;
}

bool has_failed_too_long(const subscription_health& health, std::chrono::hours limit,
                         timestamp now) {
  return limit.count() != 0 && health.failing_since && now - *health.failing_since >= limit;
}

}  // namespace talaria::domain
