#include "chaos/ownership_gaps.hpp"

#include <fmt/format.h>

#include "chaos/handovers.hpp"
#include <algorithm>
#include <string_view>

namespace talaria::chaos {

namespace {

/// Of the process `n-3.12` it is 2, as disturbances have it.
std::size_t node_of(std::string_view process) {
  std::size_t number = 0;
  for (const char digit : process.substr(std::min(process.find('-') + 1, process.size()))) {
    if (digit < '0' || digit > '9')
      break;
    number = 10 * number + static_cast<std::size_t>(digit - '0');
  }
  return number - 1;
}

bool concerns(const disturbance& one, std::size_t node, std::size_t nodes) {
  switch (one.fault.kind) {
    case fault_kind::receiver_hostile:
    case fault_kind::node_join:
      return false;
    case fault_kind::rolling_restart:
      return true;
    default:
      break;
  }
  if (lane_of(one.fault.kind) == lane::store)
    return true;
  return (node + nodes - one.fault.node) % nodes < one.fault.settings.nodes;
}

/// The last thing that had happened to the owner by then, if that may be the reason.
const disturbance* find_cause(const std::vector<disturbance>& disturbances, std::size_t nodes,
                              const handover& handover) {
  /// A lease, and what is needed to see that it has ended and to claim.
  constexpr moment effect_max = std::chrono::seconds{20};
  const auto node = node_of(handover.from);
  const disturbance* found = nullptr;
  for (const auto& one : disturbances) {
    if (one.from <= handover.freed_at && handover.freed_at <= one.until + effect_max &&
        concerns(one, node, nodes) && (found == nullptr || one.from >= found->from))
      found = &one;
  }
  return found;
}

double to_seconds(moment time) {
  return std::chrono::duration<double>{time}.count();
}

}  // namespace

std::map<std::string, std::vector<moment>> find_ownership_gaps(
    const history& history, const std::vector<disturbance>& disturbances) {
  const auto handovers = handovers_of(history);
  std::size_t nodes = 1;
  for (const auto& each : handovers)
    nodes = std::max({nodes, node_of(each.from) + 1, node_of(each.to) + 1});
  std::map<std::string, std::vector<moment>> gaps;
  for (const auto& each : handovers) {
    const auto* cause = find_cause(disturbances, nodes, each);
    const auto* kind = cause == nullptr ? "rebalancing" : to_string(cause->fault.kind).data();
    const auto since = cause == nullptr || each.is_given ? each.freed_at : cause->from;
    gaps[kind].push_back(each.claimed_at - since);
  }
  for (auto& [kind, times] : gaps)
    std::ranges::sort(times);
  return gaps;
}

std::string to_ownership_table(const history& history,
                               const std::vector<disturbance>& disturbances) {
  const auto gaps = find_ownership_gaps(history, disturbances);
  if (gaps.empty())
    return {};
  auto table = fmt::format("{:<28}{:>10}{:>10}{:>10}{:>10}\n", "shards without an owner", "shards",
                           "p50 s", "p99 s", "max s");
  for (const auto& [kind, times] : gaps)
    table += fmt::format("{:<28}{:>10}{:>10.2f}{:>10.2f}{:>10.2f}\n", kind, times.size(),
                         to_seconds(times[times.size() / 2]),
                         to_seconds(times[times.size() * 99 / 100]), to_seconds(times.back()));
  return table + "\n";
}

}  // namespace talaria::chaos
