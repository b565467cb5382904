#include <fmt/format.h>

#include "chaos/checks.hpp"
#include <algorithm>
#include <map>
#include <set>
#include <string>

namespace talaria::chaos {

namespace {

bool was_taken(const known_delivery& delivery) {
  return std::ranges::any_of(delivery.receptions, &reception::is_success);
}

/// Empty: it was kept, or still may be.
std::string find_loss(const known_delivery* delivery) {
  if (delivery == nullptr || delivery->final == nullptr)
    return "the store does not know it";
  if (delivery->final->end == delivery_end::delivered && !was_taken(*delivery))
    return "said to be delivered, but no receiver took it";
  return {};
}

void check_kept(finding& found, const indexed_history& known, const submission& acked) {
  for (const auto& event : acked.event_ids) {
    for (const auto& subscription : acked.wanted_by) {
      found.look();
      const auto loss = find_loss(known.deliveries.find(event, subscription));
      if (!loss.empty())
        found.violate(
            fmt::format("number {}, {}: {}", acked.number, to_string({event, subscription}), loss));
    }
  }
}

std::string find_phantom(const submission* submitted, const reception& seen) {
  if (submitted == nullptr)
    return "nobody submitted it";
  if (std::ranges::find(submitted->wanted_by, seen.subscription) == submitted->wanted_by.end())
    return "the subscription does not want it";
  return seen.is_intact ? "" : "its payload is not what was submitted";
}

/// What the store has of submissions without an ack can be no more than there are.
void check_unacked_events(finding& found, const indexed_history& known) {
  std::set<std::string_view> acked;
  std::size_t unacked = 0;
  for (const auto& each : known.whole.submissions) {
    acked.insert(each.event_ids.begin(), each.event_ids.end());
    unacked += each.event_ids.empty() ? 1 : 0;
  }
  std::set<std::string_view> others;
  for (const auto& each : known.whole.finals) {
    if (!acked.contains(each.event_id))
      others.insert(each.event_id);
  }
  if (others.size() > unacked)
    found.violate(fmt::format("the store has {} events beside the acked ones, of {} submissions",
                              others.size(), unacked));
}

using ids_by_number = std::map<std::uint64_t, std::set<std::string_view>>;

/// Under which ids each number was acked or received.
ids_by_number gather_ids(const history& history) {
  ids_by_number ids;
  for (const auto& each : history.submissions) {
    if (!each.event_ids.empty())
      ids[each.number].insert(each.event_ids.begin(), each.event_ids.end());
  }
  for (const auto& each : history.receptions)
    ids[each.number].insert(each.event_id);
  return ids;
}

bool was_told(const reception& seen) {
  return seen.is_success() && seen.is_plain;
}

/// Receptions after the first one whose sender must have known that it was taken.
std::uint64_t count_repeats(const known_delivery& delivery) {
  const auto& all = delivery.receptions;
  const auto taken =
      std::ranges::find_if(all, [](const reception* each) { return was_told(*each); });
  return taken == all.end() ? 0 : static_cast<std::uint64_t>(all.end() - taken - 1);
}

bool was_interrupted(const std::vector<interruption>& interruptions, moment taken_at,
                     const allowances& allowed) {
  return std::ranges::any_of(interruptions, [&](const interruption& each) {
    return each.from <= taken_at + allowed.record_time_max &&
           each.until + allowed.arrival_time_max >= taken_at;
  });
}

/// Whoever took it was asked again, and nothing had happened.
void check_explained(finding& found, const indexed_history& known, const known_delivery& delivery,
                     const allowances& allowed) {
  const auto& all = delivery.receptions;
  for (std::size_t index = 0; index + 1 < all.size(); ++index) {
    const auto& seen = *all[index];
    if (was_told(seen) && !was_interrupted(*known.whole.interruptions, seen.at, allowed))
      found.violate(fmt::format("{} came again though nothing had interrupted its first time",
                                to_string({seen.event_id, seen.subscription})));
  }
}

bool is_too_much(std::uint64_t before, std::uint64_t after, std::uint64_t growth_max) {
  return after > before && after - before > growth_max;
}

}  // namespace

finding check_acked_is_kept(const indexed_history& known) {
  finding found{promise::acked_is_kept};
  std::size_t dead = 0;
  for (const auto& each : known.whole.submissions)
    check_kept(found, known, each);
  for (const auto& each : known.whole.finals)
    dead += each.end == delivery_end::dead ? 1 : 0;
  found.note(fmt::format("{} dead", dead));
  return found;
}

finding check_drained(const indexed_history& known) {
  finding found{promise::drained};
  for (const auto& each : known.whole.finals) {
    found.look();
    if (each.end == delivery_end::pending)
      found.violate(fmt::format("{} is pending", to_string({each.event_id, each.subscription})));
  }
  return found;
}

finding check_no_phantoms(const indexed_history& known) {
  finding found{promise::no_phantoms};
  for (const auto& each : known.whole.receptions) {
    found.look();
    const auto phantom = find_phantom(known.deliveries.find_submission(each.number), each);
    if (!phantom.empty())
      found.violate(fmt::format("number {}, {}: {}", each.number,
                                to_string({each.event_id, each.subscription}), phantom));
  }
  check_unacked_events(found, known);
  return found;
}

finding check_repeats(const indexed_history& known, const allowances& allowed) {
  finding found{promise::repeats_bounded};
  for (const auto& [number, ids] : gather_ids(known.whole)) {
    if (ids.size() > 1)
      found.violate(
          fmt::format("number {} has {} ids: {}", number, ids.size(), fmt::join(ids, ", ")));
  }
  std::uint64_t repeats = 0;
  for (const auto& [key, delivery] : known.deliveries.all()) {
    found.look();
    repeats += count_repeats(delivery);
    if (known.whole.interruptions)
      check_explained(found, known, delivery, allowed);
  }
  found.note(fmt::format("{} repeats of at most {}", repeats, allowed.repeats_max));
  if (repeats > allowed.repeats_max)
    found.violate(fmt::format("{} repeats are more than {}", repeats, allowed.repeats_max));
  return found;
}

finding check_back_to_baseline(const history& history, const allowances& allowed) {
  finding found{promise::back_to_baseline};
  std::string seen;
  for (const auto& [before, after] : history.resources) {
    found.look(2);
    seen += fmt::format("{}{} to {} KiB, {} to {} descriptors", seen.empty() ? "" : "; ",
                        before.resident_bytes / 1024, after.resident_bytes / 1024,
                        before.descriptors, after.descriptors);
    const auto relative = static_cast<double>(before.resident_bytes) * allowed.resident_growth_max;
    if (static_cast<double>(after.resident_bytes) > relative &&
        is_too_much(before.resident_bytes, after.resident_bytes, allowed.resident_growth_bytes_max))
      found.violate("memory has grown");
    if (is_too_much(before.descriptors, after.descriptors, allowed.descriptors_growth_max))
      found.violate("descriptors have grown");
  }
  found.note(seen.empty() ? "nobody looked" : std::move(seen));
  return found;
}

}  // namespace talaria::chaos
