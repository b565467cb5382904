#pragma once

#include <fmt/format.h>

#include "chaos/checker.hpp"

namespace talaria::chaos {

inline constexpr auto parallel = "parallel";
inline constexpr auto ordered = "ordered";

inline std::string event_of(std::uint64_t number) {
  return fmt::format("event-{}", number);
}

/// What is due at the moment with this number.
inline moment at(std::uint64_t number) {
  return std::chrono::milliseconds{number};
}

/// Every event was taken at once by both subscriptions: no check finds anything. Tests take one and
/// damage it.
inline history sound_history(std::uint64_t events) {
  history made{.subscriptions = {{.id = parallel}, {.id = ordered, .ordered = true}}};
  for (std::uint64_t number = 1; number <= events; ++number) {
    made.submissions.push_back({.number = number,
                                .wanted_by = {parallel, ordered},
                                .submitted_at = at(10 * number),
                                .acked_at = at(10 * number + 1),
                                .event_ids = {event_of(number)}});
    for (const auto* subscription : {parallel, ordered}) {
      made.receptions.push_back({.number = number,
                                 .event_id = event_of(number),
                                 .subscription = subscription,
                                 .at = at(10 * number + 2),
                                 .status = 204,
                                 .sequence = number});
      made.finals.push_back({event_of(number), subscription, delivery_end::delivered});
      made.attempts.push_back({.event_id = event_of(number),
                               .subscription = subscription,
                               .number = 1,
                               .ended_at = at(10 * number + 3),
                               .status_code = 204,
                               .made = delivery_end::delivered,
                               .node = "one"});
    }
  }
  return made;
}

/// The first one; the ordered subscription's is the one after it.
inline reception& reception_of(history& history, std::uint64_t number) {
  return history.receptions.at(2 * (number - 1));
}
inline logged_attempt& attempt_of(history& history, std::uint64_t number) {
  return history.attempts.at(2 * (number - 1));
}
inline final_state& final_of(history& history, std::uint64_t number) {
  return history.finals.at(2 * (number - 1));
}

inline finding judged(const history& history, promise promise, const allowances& allowed = {}) {
  return judge(history, allowed).of(promise);
}

/// That the promise is broken, so often, and no other one.
inline bool breaks_only(const history& history, promise broken, std::uint64_t violations = 1) {
  const auto verdict = judge(history, {});
  for (const auto& finding : verdict.findings) {
    const auto expected = finding.promise() == broken ? violations : 0;
    if (finding.violations() != expected)
      return false;
  }
  return true;
}

}  // namespace talaria::chaos
