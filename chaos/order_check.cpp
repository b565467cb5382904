#include <fmt/format.h>

#include "chaos/checks.hpp"
#include "chaos/handovers.hpp"
#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace talaria::chaos {

namespace {

/// What an ordered subscription has under way: one, and one that may follow it.
constexpr std::uint32_t ordered_repeats_max = 2;

/// The time in which the former owner of a subscription could send beside its successor.
struct former_owner {
  moment from;
  moment until;
  std::uint32_t repeats = 0;
};

using former_owners = std::map<std::string_view, std::vector<former_owner>>;

/// Of each subscription whose shard is known.
former_owners find_former_owners(const history& history, const allowances& allowed) {
  std::map<std::uint16_t, std::set<std::string_view>> subscriptions;
  for (const auto& each : history.attempts) {
    if (each.ownership)
      subscriptions[each.ownership->shard].insert(each.subscription);
  }
  const auto ends = ends_of(history);
  former_owners found;
  for (const auto& each : handovers_of(history)) {
    // Whoever gives a shard away has sent all that it will.
    if (each.is_given || each.from == each.to || !subscriptions.contains(each.shard))
      continue;
    const auto end = ends.find(each.from);
    const auto until = end == ends.end() ? moment::max() : end->second + allowed.arrival_time_max;
    for (const auto subscription : subscriptions[each.shard])
      found[subscription].push_back({.from = each.claimed_at, .until = until});
  }
  return found;
}

/// Follows what one ordered subscription received.
class order_watch {
public:
  order_watch(finding& found, const indexed_history& known, std::string_view subscription,
              std::vector<former_owner> owners)
      : found_{found}, known_{known}, subscription_{subscription}, owners_{std::move(owners)} {}

  void see(const reception& seen) {
    found_.look();
    if (!seen.sequence) {
      complain(seen, "it has no sequence");
      return;
    }
    const auto [here, is_first] = places_.try_emplace(*seen.sequence, place{seen.event_id});
    if (here->second.event_id != seen.event_id)
      complain(seen, "another event has its sequence");
    else if (is_first)
      see_first(here, seen);
    else if (std::next(here) != places_.end())
      see_again(here->second, seen);
    here->second.was_taken |= seen.is_success();
  }

  /// What was acked before another was even submitted has the lower sequence.
  void check_commit_order() {
    const submission* latest = nullptr;
    for (const auto& [sequence, place] : places_) {
      const auto* delivery = known_.deliveries.find(place.event_id, subscription_);
      const auto* submitted =
          known_.deliveries.find_submission(delivery->receptions.front()->number);
      if (submitted == nullptr)
        continue;
      if (latest != nullptr && submitted->acked_at && *submitted->acked_at < latest->submitted_at)
        found_.violate(
            fmt::format("{}: number {} was acked before {} was submitted, and comes after",
                        subscription_, submitted->number, latest->number));
      if (latest == nullptr || submitted->submitted_at > latest->submitted_at)
        latest = submitted;
    }
  }

  std::uint64_t late_repeats() const { return late_repeats_; }

private:
  struct place {
    std::string_view event_id;
    bool was_taken = false;
    /// What comes after it has been looked at with it in place.
    bool was_passed = false;
  };
  using place_map = std::map<std::uint64_t, place>;

  void see_first(place_map::iterator here, const reception& seen) {
    if (std::next(here) != places_.end())
      complain(seen, "one after it came before it");
    // Whatever was passed once has been complained about, or had ended.
    for (auto before = here; before != places_.begin();) {
      --before;
      if (std::exchange(before->second.was_passed, true))
        break;
      if (!before->second.was_taken && !was_given_up(before->second))
        complain(seen, fmt::format("sequence {} had not ended", before->first));
    }
  }

  /// One that was taken is repeated late by whoever does not know it; one that was given up is not
  /// to be sent at all.
  void see_again(const place& here, const reception& seen) {
    if (!here.was_taken)
      complain(seen, "it comes again after one that follows it");
    else if (!may_repeat_late(seen.at))
      complain(seen, "it comes again after one that follows it, and there was one owner");
    else
      ++late_repeats_;
  }

  /// @returns whether somebody who was succeeded could still send what had been under way with it,
  /// which counts.
  bool may_repeat_late(moment at) {
    // Nobody noted which shards it had.
    if (known_.whole.shard_changes.empty())
      return std::ranges::any_of(known_.whole.takeovers, [&](const takeover& each) {
        return at >= each.claimed_at && at <= each.ended_at;
      });
    const auto former = std::ranges::find_if(owners_, [&](const former_owner& each) {
      return at >= each.from && at <= each.until && each.repeats < ordered_repeats_max;
    });
    if (former == owners_.end())
      return false;
    ++former->repeats;
    return true;
  }

  bool was_given_up(const place& here) const {
    const auto* delivery = known_.deliveries.find(here.event_id, subscription_);
    return delivery->final != nullptr && (delivery->final->end == delivery_end::dead ||
                                          delivery->final->end == delivery_end::cancelled);
  }

  void complain(const reception& seen, std::string_view what) {
    found_.violate(fmt::format("{}: event {}, sequence {}: {}", subscription_, seen.event_id,
                               seen.sequence ? std::to_string(*seen.sequence) : "none", what));
  }

  finding& found_;
  const indexed_history& known_;
  std::string_view subscription_;
  std::vector<former_owner> owners_;
  place_map places_;
  std::uint64_t late_repeats_ = 0;
};

}  // namespace

finding check_order(const indexed_history& known, const allowances& allowed) {
  finding found{promise::order_kept};
  auto former = find_former_owners(known.whole, allowed);
  std::map<std::string_view, order_watch> watches;
  for (const auto& each : known.whole.subscriptions) {
    if (each.ordered)
      watches.try_emplace(each.id, found, known, each.id, std::move(former[each.id]));
  }
  for (const auto& each : known.whole.receptions) {
    if (const auto watch = watches.find(each.subscription); watch != watches.end())
      watch->second.see(each);
  }
  std::uint64_t late_repeats = 0;
  for (auto& [id, watch] : watches) {
    watch.check_commit_order();
    late_repeats += watch.late_repeats();
  }
  found.note(fmt::format("{} late repeats at takeovers", late_repeats));
  return found;
}

}  // namespace talaria::chaos
