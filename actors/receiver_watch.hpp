#pragma once

#include "domain/attempt.hpp"
#include "domain/circuit_breaker.hpp"
#include "domain/operational_event.hpp"
#include "domain/subscription.hpp"
#include "domain/subscription_health.hpp"
#include "domain/time.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace talaria::actors {

/// Watches how a subscription's receiver does: runs its circuit breaker, notices when it has failed
/// for too long, and says what of this is to be stored and told. Passive; not thread-safe.
class receiver_watch {
public:
  using permit = domain::circuit_breaker::permit;

  struct finding {
    domain::subscription_health health;
    /// The subscription is to be disabled.
    bool given_up = false;
    std::vector<domain::operational_event> tells;
  };

  /// @param new_id Makes the ids of operational events.
  explicit receiver_watch(std::function<domain::uuid()> new_id) : new_id_(std::move(new_id)) {}

  /// Goes on with these settings. The first time it takes up what the store knew; later a receiver
  /// that moved, or was enabled again, is as good as new.
  void use(const domain::subscription& subscription);

  /// As those of the circuit breaker.
  std::optional<domain::timestamp> next(domain::timestamp now) const { return breaker_.next(now); }
  permit take(domain::timestamp now) { return breaker_.take(now); }
  void abandoned(permit given) { breaker_.abandoned(given); }
  domain::breaker_state state() const { return breaker_.state(); }
  domain::circuit_breaker::counts counts(domain::timestamp now) const { return breaker_.seen(now); }

  /// @returns nothing if there is nothing new to store.
  std::optional<finding> ended(permit given, const domain::attempt& made,
                               const domain::subscription& subscription, domain::timestamp now);

  /// What would be forgotten if the watch ended now.
  std::optional<finding> take_unstored();

private:
  domain::subscription_health health() const { return {failing_since_, breaker_.opening()}; }

  std::function<domain::uuid()> new_id_;
  domain::circuit_breaker breaker_;
  std::optional<domain::timestamp> failing_since_;
  /// Absent: no settings so far.
  std::optional<domain::subscription_health> stored_;
  std::string url_;
  bool was_active_ = false;
};

}  // namespace talaria::actors
