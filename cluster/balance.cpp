#include "cluster/balance.hpp"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <vector>

namespace talaria::cluster {

namespace {

struct share {
  std::string_view incarnation;
  std::size_t shards = 0;
};

std::size_t lacking(const std::vector<share>& shares, std::size_t level) {
  std::size_t sum = 0;
  for (const auto& each : shares)
    sum += level - std::min(level, each.shards);
  return sum;
}

/// How many the node has to give, if all together give `wanted` and nobody goes below `level`:
/// those with the most shards give first.
std::size_t part_of(const std::vector<share>& shares, std::string_view self, std::size_t level,
                    std::size_t wanted) {
  auto givers = shares;
  std::ranges::sort(givers, [](const share& left, const share& right) {
    return left.shards != right.shards ? left.shards > right.shards
                                       : left.incarnation < right.incarnation;
  });
  // Down to the level of the next, round by round, would be the fairest; that of all is as good,
  // since the next look begins from what came of it.
  for (const auto& each : givers) {
    const auto gives = std::min(wanted, each.shards - std::min(level, each.shards));
    if (each.incarnation == self)
      return gives;
    wanted -= gives;
  }
  return 0;
}

}  // namespace

moves balance(const persistence::cluster_view& seen, std::string_view self) {
  std::unordered_map<std::string_view, std::size_t> counts;
  for (const auto& holding : seen.shards)
    ++counts[holding.owner];
  const auto owned = counts[self];
  std::vector<share> shares;
  bool is_up = false;
  for (const auto& node : seen.nodes) {
    if (node.status != persistence::node_status::up)
      continue;
    shares.push_back({node.incarnation, counts[node.incarnation]});
    is_up = is_up || node.incarnation == self;
  }
  if (!is_up)
    return {.claim = 0, .give = owned};
  const auto total = seen.shards.size();
  const auto floor = total / shares.size();
  const auto ceiling = floor + (total % shares.size() == 0 ? 0 : 1);
  const auto free = counts[""];
  const auto lacking_to_floor = lacking(shares, floor);
  // Whoever has its floor takes one more only of what nobody lacks.
  const auto level = owned < floor || free <= lacking_to_floor ? floor : ceiling;
  moves made;
  made.claim = std::min(free, level - std::min(level, owned));
  if (lacking_to_floor > free)
    made.give = part_of(shares, self, floor, lacking_to_floor - free);
  else
    made.give = owned - std::min(ceiling, owned);
  return made;
}

}  // namespace talaria::cluster
