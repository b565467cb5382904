#pragma once

#include "domain/event.hpp"
#include "domain/id.hpp"
#include "domain/subscription.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace talaria::domain {

/// Finds the subscriptions that want an event.
///
/// Subscriptions that ask for the same are kept as one group, and groups by application and by
/// pattern: matching costs one look-up per level of the event's type, a look at each group found
/// and what is matched, however many subscriptions there are. The payload is parsed once, and only
/// for a group with a payload filter. One more subscription costs its number twice. Not
/// thread-safe.
class fan_out {
public:
  fan_out() = default;
  fan_out(const fan_out&) = delete;
  fan_out& operator=(const fan_out&) = delete;

  /// Adds a subscription, or replaces the one of the same number; one that is not active is taken
  /// out.
  void put(const subscription& subscription);

  void erase(subscription_number number);

  /// In ascending order, each once.
  std::vector<subscription_number> match(const event& event) const;

  std::size_t size() const { return by_number_.size(); }

private:
  /// What a subscription asks for.
  struct interest {
    application_id application;
    std::vector<std::string> event_types;
    labels label_filter;
    payload_filter filter;
  };
  struct interest_order {
    bool operator()(const interest& left, const interest& right) const;
  };
  /// Who asks for it, in ascending order.
  using groups = std::map<interest, std::vector<subscription_number>, interest_order>;
  using group = groups::value_type;
  using patterns = std::unordered_map<std::string, std::vector<const group*>>;

  void list(const group& added);
  void unlist(const group& removed);
  std::vector<const group*> find_groups(const event& event) const;

  groups groups_;
  std::unordered_map<subscription_number, group*> by_number_;
  std::unordered_map<application_id, patterns> by_application_;
};

}  // namespace talaria::domain
