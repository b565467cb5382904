#include <fmt/format.h>

#include "chaos/checks.hpp"
#include <algorithm>
#include <map>
#include <string>

namespace talaria::chaos {

namespace {

/// Only as its clock had it, which was ahead when the attempt began: the end is reckoned from
/// there.
bool seems_late(const std::vector<clock_shift>& shifts, const logged_attempt& attempt,
                moment claimed_at) {
  return std::ranges::any_of(shifts, [&](const clock_shift& shift) {
    const auto ended_at = attempt.ended_at - shift.ahead_by;
    const auto began_at = ended_at - attempt.took;
    return began_at >= shift.from && began_at <= shift.until && ended_at <= claimed_at;
  });
}

/// As the database noted at the commit. A process that was stopped before it had joined joins after
/// its successor, and takes over from that in turn.
bool was_owner(const logged_attempt& attempt) {
  return attempt.ownership && attempt.ownership->owner == attempt.node;
}

bool is_stale(const history& history, const takeover& takeover, const logged_attempt& attempt) {
  return attempt.node == takeover.from_node && attempt.ended_at > takeover.claimed_at &&
         !was_owner(attempt) && !seems_late(history.clock_shifts, attempt, takeover.claimed_at);
}

std::string name_of(const logged_attempt& attempt) {
  return fmt::format("{}, attempt {},", to_string({attempt.event_id, attempt.subscription}),
                     attempt.number);
}

void check_takeovers(finding& found, const history& history) {
  for (const auto& takeover : history.takeovers) {
    for (const auto& attempt : history.attempts) {
      found.look();
      if (is_stale(history, takeover, attempt))
        found.violate(fmt::format("{} was written by {} after {} had taken over", name_of(attempt),
                                  takeover.from_node, takeover.to_node));
    }
  }
}

/// Whoever writes an outcome owns its shard at the commit.
void check_outcomes(finding& found, const history& history) {
  for (const auto& attempt : history.attempts) {
    if (!attempt.ownership)
      continue;
    found.look();
    const auto& [shard, owner] = *attempt.ownership;
    if (attempt.node != owner)
      found.violate(fmt::format("{} was written by {} while shard {} was {}", name_of(attempt),
                                attempt.node, shard,
                                owner.empty() ? "nobody's" : fmt::format("of {}", owner)));
  }
}

/// Epochs only rise, and each has one owner.
std::size_t check_claims(finding& found, const history& history) {
  std::map<std::uint16_t, std::int64_t> epochs;
  std::size_t claims = 0;
  for (const auto& change : history.shard_changes) {
    found.look();
    const auto [known, is_first] = epochs.try_emplace(change.shard, change.epoch);
    const bool is_claim = !change.owner.empty();
    claims += is_claim ? 1 : 0;
    const bool rises = is_claim ? change.epoch > known->second : change.epoch >= known->second;
    if (!is_first && !rises)
      found.violate(fmt::format("shard {}: {} {} it in epoch {}, after epoch {}", change.shard,
                                change.by, is_claim ? "claimed" : "freed", change.epoch,
                                known->second));
    known->second = std::max(known->second, change.epoch);
  }
  return claims;
}

}  // namespace

finding check_one_owner(const indexed_history& known) {
  finding found{promise::one_owner};
  check_takeovers(found, known.whole);
  check_outcomes(found, known.whole);
  const auto claims = check_claims(found, known.whole);
  found.note(
      fmt::format("{} takeovers, {} claims of shards", known.whole.takeovers.size(), claims));
  return found;
}

}  // namespace talaria::chaos
