#pragma once

#include "domain/event.hpp"
#include "domain/id.hpp"
#include "domain/subscription.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace talaria::domain {

/// Finds the subscriptions that want an event.
///
/// Subscriptions are kept by application and by pattern, so that matching costs one look-up per
/// level of the event's type plus the matches, however many subscriptions there are.
/// Not thread-safe.
class fan_out {
public:
  /// Adds a subscription, or replaces the one of the same number; one that is not active is taken
  /// out.
  void put(std::shared_ptr<const subscription> subscription);

  void erase(subscription_number number);

  /// In ascending order of their numbers, each once.
  std::vector<std::shared_ptr<const subscription>> match(const event& event) const;

  std::size_t size() const { return by_number_.size(); }

private:
  struct number_hash {
    std::size_t operator()(subscription_number number) const { return to_integer(number); }
  };
  using subscriptions = std::vector<std::shared_ptr<const subscription>>;
  using patterns = std::unordered_map<std::string, subscriptions>;

  std::unordered_map<subscription_number, std::shared_ptr<const subscription>, number_hash>
      by_number_;
  std::unordered_map<application_id, patterns> by_application_;
};

}  // namespace talaria::domain
