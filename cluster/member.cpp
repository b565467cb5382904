#include "cluster/member.hpp"

namespace talaria::cluster {

void member::looked(uptime at, const persistence::cluster_view& seen) {
  const bool blinked = at - looked_at_ > terms_.blink_max;
  looked_at_ = at;
  auto before = std::exchange(others_, {});
  for (const auto& node : seen.nodes) {
    if (node.incarnation == incarnation_)
      continue;
    const auto known = before.find(node.incarnation);
    const bool stood_still =
        !blinked && known != before.end() && known->second.renewals == node.renewals;
    others_.emplace(node.incarnation,
                    watched{node.renewals, stood_still ? known->second.still_since : at});
  }
}

std::vector<persistence::sighting> member::still(uptime now) const {
  std::vector<persistence::sighting> found;
  if (now - looked_at_ > terms_.blink_max)
    return found;
  for (const auto& [incarnation, seen] : others_) {
    if (looked_at_ - seen.still_since >= terms_.lease)
      found.push_back({incarnation, seen.renewals});
  }
  return found;
}

}  // namespace talaria::cluster
