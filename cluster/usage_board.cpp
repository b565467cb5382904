#include "cluster/usage_board.hpp"

#include "cluster/limits.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace talaria::cluster {

namespace {

/// Of so many parts of a limit all but one follow the demand; that one is divided equally, so that
/// a node that nobody asked yet has a part as well.
constexpr std::uint64_t followed = 50;

/// Of [0, 1): the multiples of the golden ratio without their whole numbers, which leave no gap for
/// long (Knuth, The Art of Computer Programming, 6.4).
double moved_by(std::uint64_t turn) {
  constexpr std::uint64_t golden_ratio = 0x9e37'79b9'7f4a'7c15;
  return std::ldexp(static_cast<double>((turn * golden_ratio) >> 11U), -53);
}

}  // namespace

void usage_board::asked(const domain::organization_id& organization, kind what,
                        std::uint64_t amount) {
  const std::lock_guard lock{mutex_};
  // Nobody is told of more than fit; the rest is divided equally.
  if (current_.size() >= limits::usage_rows_max && !current_.contains(organization))
    return;
  auto& counted = current_[organization];
  (what == kind::requests ? counted.requests : counted.events) += amount;
}

std::uint64_t usage_board::of(const demands& all, const domain::organization_id& organization,
                              kind what) {
  const auto found = all.find(organization);
  if (found == all.end())
    return 0;
  return what == kind::requests ? found->second.requests : found->second.events;
}

usage_board::place usage_board::place_of(const domain::organization_id& organization,
                                         kind what) const {
  const std::lock_guard lock{mutex_};
  const auto asked = of(last_, organization, what);
  auto asked_of_all = asked;
  for (const auto& [incarnation, told] : others_)
    asked_of_all += of(told.last, organization, what);
  // Whole numbers, so that one node ends exactly where the next one begins, whoever computes it.
  const auto width = [&](std::uint64_t asked_of_one) -> std::uint64_t {
    if (!all_known_ || asked_of_all == 0)
      return 1;
    return followed * (others_.size() + 1) * asked_of_one + asked_of_all;
  };
  std::uint64_t before = 0;
  std::uint64_t after = 0;
  for (const auto& [incarnation, told] : others_)
    (incarnation < self_ ? before : after) += width(of(told.last, organization, what));
  const auto end = before + width(asked);
  const auto all = static_cast<double>(end + after);
  return {static_cast<double>(before) / all, static_cast<double>(end) / all};
}

domain::sliding_window::quota usage_board::part_of(std::uint32_t limit,
                                                   const domain::organization_id& organization,
                                                   kind what, std::uint64_t turn) const {
  const auto place = place_of(organization, what);
  const auto moved = moved_by(turn);
  const auto marks_before = [&](double to) { return std::floor(to * limit + moved); };
  return {.whole = static_cast<std::uint32_t>(marks_before(place.end) - marks_before(place.begin)),
          .exact = (place.end - place.begin) * limit};
}

usage usage_board::close_interval(uptime now) {
  const std::lock_guard lock{mutex_};
  last_ = std::exchange(current_, {});
  see_who_is_known(now);
  usage made;
  for (const auto& [organization, counted] : last_)
    made.rows.push_back({organization, counted.requests, counted.events});
  return made;
}

void usage_board::told(std::string_view incarnation, const usage& of_other, uptime now) {
  const std::lock_guard lock{mutex_};
  const auto known = others_.find(std::string{incarnation});
  if (known == others_.end())
    return;
  known->second = {.last = {}, .told_at = now};
  for (const auto& row : of_other.rows)
    known->second.last[row.organization] = {row.requests, row.events};
  see_who_is_known(now);
}

void usage_board::see_who_is_known(uptime now) {
  all_known_ = std::ranges::all_of(
      others_, [&](const auto& each) { return now - each.second.told_at <= remembered; });
}

void usage_board::set_nodes(std::span<const std::string> incarnations, uptime now) {
  const std::lock_guard lock{mutex_};
  auto before = std::exchange(others_, {});
  for (const auto& incarnation : incarnations) {
    if (incarnation == self_)
      continue;
    auto known = before.extract(incarnation);
    if (known)
      others_.insert(std::move(known));
    else
      others_.emplace(incarnation, other{.last = {}, .told_at = now - 2 * remembered});
  }
  see_who_is_known(now);
}

}  // namespace talaria::cluster
