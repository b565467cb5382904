#include "chaos/checker.hpp"

#include "chaos/checks.hpp"

namespace talaria::chaos {

verdict judge(const history& history, const allowances& allowed) {
  const delivery_index deliveries{history};
  const indexed_history known{history, deliveries};
  return {{
      check_acked_is_kept(known),
      check_drained(known),
      check_no_phantoms(known),
      check_repeats(known, allowed),
      check_order(known, allowed),
      check_one_owner(known),
      check_ended_once(known),
      check_log_agrees(known),
      check_back_to_baseline(history, allowed),
  }};
}

}  // namespace talaria::chaos
