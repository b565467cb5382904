#pragma once

#include "chaos/history.hpp"
#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

namespace talaria::chaos {

/// A shard had one owner and then the next one. Its views point into the history.
struct handover {
  std::uint16_t shard = 0;
  std::string_view from{};
  std::string_view to{};
  /// The former owner gave it up by itself; otherwise others took it away.
  bool is_given = false;
  /// From then on nobody owned it.
  moment freed_at{};
  moment claimed_at{};
};

/// In the order of the history's changes of shards.
std::vector<handover> handovers_of(const history& history);

/// Who ended when. Whoever is not there never did.
std::map<std::string_view, moment> ends_of(const history& history);

}  // namespace talaria::chaos
