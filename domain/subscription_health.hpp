#pragma once

#include "domain/circuit_breaker.hpp"
#include "domain/time.hpp"

#include <chrono>
#include <optional>

namespace talaria::domain {

/// How a subscription's receiver has been doing, as far as it must survive a restart.
struct subscription_health {
  /// The first failed attempt since the last successful one.
  std::optional<timestamp> failing_since;
  /// Present: the circuit breaker is not closed.
  std::optional<breaker_opening> breaker;

  bool operator==(const subscription_health&) const = default;
};

/// Whether what a store has of a subscription's health is to be replaced: at once when its breaker
/// changed, while a failure is kept in mind only when it lasts, so that a receiver that fails now
/// and then causes no writes.
bool is_worth_storing(const subscription_health& current, const subscription_health& stored,
                      timestamp now);

/// Whether a receiver has failed without a break for so long that it is given up.
///
/// @param limit Zero: never.
bool has_failed_too_long(const subscription_health& health, std::chrono::hours limit,
                         timestamp now);

}  // namespace talaria::domain
