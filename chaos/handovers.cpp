#include "chaos/handovers.hpp"

namespace talaria::chaos {

namespace {

/// What is known of a shard so far.
struct held_shard {
  std::string_view owner;
  /// Null: it is not free.
  const shard_change* freed = nullptr;
};

}  // namespace

std::vector<handover> handovers_of(const history& history) {
  std::vector<handover> made;
  std::map<std::uint16_t, held_shard> shards;
  for (const auto& change : history.shard_changes) {
    auto& held = shards[change.shard];
    if (change.owner.empty()) {
      held.freed = &change;
      continue;
    }
    if (!held.owner.empty())
      made.push_back({.shard = change.shard,
                      .from = held.owner,
                      .to = change.owner,
                      .is_given = held.freed != nullptr && held.freed->by == held.owner,
                      .freed_at = held.freed != nullptr ? held.freed->at : change.at,
                      .claimed_at = change.at});
    held = {.owner = change.owner};
  }
  return made;
}

std::map<std::string_view, moment> ends_of(const history& history) {
  std::map<std::string_view, moment> ends;
  for (const auto& each : history.process_ends)
    ends[each.process] = each.at;
  return ends;
}

}  // namespace talaria::chaos
