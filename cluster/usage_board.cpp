#include "cluster/usage_board.hpp"

#include "cluster/limits.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace talaria::cluster {

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

double usage_board::part(const domain::organization_id& organization, kind what) const {
  const std::lock_guard lock{mutex_};
  const auto nodes = static_cast<double>(nodes_);
  if (!all_known_)
    return 1 / nodes;
  // One more for each: a node that nobody asked yet has a part as well.
  const auto own = static_cast<double>(of(last_, organization, what)) + 1;
  double sum = own;
  for (const auto& [incarnation, told] : others_)
    sum += static_cast<double>(of(told.last, organization, what)) + 1;
  return own / sum;
}

std::uint32_t usage_board::part_of(std::uint32_t limit, const domain::organization_id& organization,
                                   kind what) const {
  const auto exact = part(organization, what) * limit;
  return std::max(std::uint32_t{1}, static_cast<std::uint32_t>(std::lround(exact)));
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
  nodes_ = std::max<std::size_t>(incarnations.size(), 1);
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
