#pragma once

#include "chaos/history.hpp"
#include "chaos/meddler.hpp"
#include <map>
#include <string>
#include <vector>

namespace talaria::chaos {

/// How long each shard had nobody who worked for it, by what had happened to its owner: from the
/// beginning of that, or, where the owner gave the shard up by itself, from then, to the next
/// claim. Under `rebalancing` what was given up though nothing had happened to the owner.
std::map<std::string, std::vector<moment>> find_ownership_gaps(
    const history& history, const std::vector<disturbance>& disturbances);

/// For each of them how many, the median, the 99th percentile and the longest. Empty if no shard
/// went from one process to another.
std::string to_ownership_table(const history& history,
                               const std::vector<disturbance>& disturbances);

}  // namespace talaria::chaos
