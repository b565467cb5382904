#include "chaos/repeat_bound.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <string_view>

namespace talaria::chaos {

namespace {

namespace json = boost::json;

/// As `delivery_window` has them; of an ordered subscription, what is under way.
constexpr std::uint64_t window_deliveries = 512;
constexpr std::uint64_t ordered_window_deliveries = 2;
/// Of a fault that fires as often as it may: then the budgets of supervision are exceeded.
constexpr std::uint64_t firings_max = 10;

struct windows {
  std::uint64_t all = 0;
  std::uint64_t largest = 0;
};

windows windows_of(const std::vector<subscription_plan>& subscriptions) {
  windows sum;
  for (const auto& each : subscriptions) {
    const auto deliveries = each.ordered ? ordered_window_deliveries : window_deliveries;
    sum.all += deliveries;
    sum.largest = std::max(sum.largest, deliveries);
  }
  return sum;
}

std::string_view text_in(const json::object& object, std::string_view name) {
  const auto* found = object.if_contains(name);
  return found != nullptr && found->is_string() ? std::string_view{found->as_string()} : "";
}

bool fails_one_subscription(const json::object& request) {
  const auto action = text_in(request, "action");
  const auto* target = request.if_contains("target");
  return (action == "throw" || action == "kill") && target != nullptr &&
         text_in(target->as_object(), "kind") == "subscription";
}

std::uint64_t cost_of_injection(const json::object& request, const windows& windows) {
  // The process's end is counted.
  if (text_in(request, "action") == "exit")
    return 0;
  if (text_in(request, "point") == "actor.now")
    return windows.all;
  const auto* count = request.if_contains("count");
  const auto firings = count == nullptr ? firings_max : count->to_number<std::uint64_t>();
  return firings * (fails_one_subscription(request) ? windows.largest : windows.all);
}

std::uint64_t cost_of(const planned_fault& fault, const windows& windows) {
  switch (fault.kind) {
    case fault_kind::receiver_hostile:
      return 0;
    case fault_kind::process_kill:
      // The process's ends are counted.
      return 0;
    case fault_kind::node_stop:
    case fault_kind::node_join:
    case fault_kind::rolling_restart:
    case fault_kind::node_upgrade:
      // Who goes in good order leaves nothing unrecorded.
      return 0;
    case fault_kind::partition_link:
      // Links carry nothing that matters.
      return 0;
    case fault_kind::fault:
      return cost_of_injection(json::parse(fault.settings.request_json).as_object(), windows);
    default:
      return windows.all;
  }
}

}  // namespace

bool interrupts(const disturbance& one) {
  switch (one.fault.kind) {
    case fault_kind::receiver_hostile:
    case fault_kind::node_stop:
    case fault_kind::node_join:
    case fault_kind::rolling_restart:
    case fault_kind::node_upgrade:
    case fault_kind::partition_link:
      return false;
    default:
      return true;
  }
}

std::uint64_t repeats_bound(std::uint64_t ends, const std::vector<disturbance>& disturbances,
                            const std::vector<subscription_plan>& subscriptions) {
  const auto windows = windows_of(subscriptions);
  auto bound = ends * windows.all;
  for (const auto& each : disturbances)
    bound += cost_of(each.fault, windows);
  return bound;
}

}  // namespace talaria::chaos
