#pragma once

#include "persistence/membership.hpp"

#include <cstddef>
#include <string_view>

namespace talaria::cluster {

struct moves {
  /// Free shards to take.
  std::size_t claim = 0;
  /// Own shards to give away.
  std::size_t give = 0;
};

/// What one node has to do so that all that are up own as many shards as each other, give or take
/// one. Nobody leads: each decides for itself by what it sees, and those who see the same do not
/// give twice. Shards stay where they are otherwise: one is given only if somebody lacks it.
///
/// A node that is draining gives all of its shards and takes none.
moves balance(const persistence::cluster_view& seen, std::string_view self);

}  // namespace talaria::cluster
