#include <fmt/format.h>

#include "chaos/checks.hpp"
#include <algorithm>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace talaria::chaos {

namespace {

/// Follows what one ordered subscription received.
class order_watch {
public:
  order_watch(finding& found, const indexed_history& known, std::string_view subscription)
      : found_{found}, known_{known}, subscription_{subscription} {}

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
    else if (is_by_successor_only(seen.at))
      complain(seen, "it comes again after one that follows it, and there was one owner");
    else
      ++late_repeats_;
  }

  bool is_by_successor_only(moment at) const {
    return std::ranges::none_of(known_.whole.takeovers, [&](const takeover& each) {
      return at >= each.claimed_at && at <= each.ended_at;
    });
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
  place_map places_;
  std::uint64_t late_repeats_ = 0;
};

}  // namespace

finding check_order(const indexed_history& known) {
  finding found{promise::order_kept};
  std::map<std::string_view, order_watch> watches;
  for (const auto& each : known.whole.subscriptions) {
    if (each.ordered)
      watches.try_emplace(each.id, found, known, each.id);
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
