#pragma once

#include "cluster/time.hpp"
#include "persistence/membership.hpp"

#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace talaria::cluster {

/// What a node knows of its cluster and may conclude: the rules of membership, without a clock or a
/// store of their own. See docs/decisions/0012-leases-in-postgresql.md.
///
/// Nobody's clock is compared with anybody else's. A node is dead if somebody who looked all the
/// time has not seen it renew for the length of a lease; a node that could not renew for a little
/// less stops its attempts by itself. Both only decide when work moves: that no two write for a
/// shard, the store's epochs see to.
class member {
public:
  member(std::string incarnation, terms terms)
      : incarnation_{std::move(incarnation)}, terms_{terms} {}

  // -------------------------------------------------------------------------- what happened

  /// A renewal that began then was taken.
  void renewed(uptime began) { renewal_began_ = began; }
  /// A look that ended then saw this.
  void looked(uptime at, const persistence::cluster_view& seen);

  // ---------------------------------------------------------------------------- what follows

  uptime renewal_due() const { return renewal_began_ + terms_.renew_every; }
  /// When attempts must end, unless there is another renewal before.
  uptime fence_due() const { return renewal_began_ + terms_.fence_after; }

  /// Those that are to be buried.
  std::vector<persistence::sighting> still(uptime now) const;

private:
  struct watched {
    std::int64_t renewals = 0;
    uptime still_since{};
  };

  const std::string incarnation_;
  const terms terms_;
  uptime renewal_began_{};
  uptime looked_at_{};
  std::unordered_map<std::string, watched> others_;
};

}  // namespace talaria::cluster
