#pragma once

#include "chaos/checker.hpp"
#include "chaos/delivery_index.hpp"

namespace talaria::chaos {

/// The history and its index, which point to the same values.
struct indexed_history {
  const history& whole;
  const delivery_index& deliveries;
};

// One for each promise; see `promise` for what it looks after.

finding check_acked_is_kept(const indexed_history& known);
finding check_drained(const indexed_history& known);
finding check_no_phantoms(const indexed_history& known);
finding check_repeats(const indexed_history& known, const allowances& allowed);
/// Of an ordered subscription an event comes for the first time only after every one before it was
/// taken or given up, and what was acked before another was submitted has the lower sequence. One
/// that was taken comes again only while nothing after it has come, unless a process that was
/// succeeded still runs: it may not write, but nobody can keep it from sending what was under way.
finding check_order(const indexed_history& known, const allowances& allowed);
/// Whoever was succeeded writes nothing; whoever writes owns the shard when that is committed; of
/// each shard epochs rise with every claim.
finding check_one_owner(const indexed_history& known);
finding check_ended_once(const indexed_history& known);
finding check_log_agrees(const indexed_history& known);
finding check_back_to_baseline(const history& history, const allowances& allowed);

}  // namespace talaria::chaos
