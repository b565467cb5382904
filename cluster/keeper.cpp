#include "cluster/keeper.hpp"

#include "cluster/balance.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace talaria::cluster {

namespace {

using persistence::cluster_view;
using persistence::node_status;
using persistence::owned_shard;
using namespace std::chrono_literals;

/// For the attempts under way of shards that are given away. One that takes longer may be made once
/// more by the next owner.
constexpr uptime handoff_patience = 5s;
/// Given away at once: what follows sees how far the others have come.
constexpr std::size_t give_at_once = 512;

}  // namespace

keeper::keeper(std::string incarnation, terms terms, persistence::membership& store,
               shard_table& table, std::function<uptime()> now, consequences then)
    : incarnation_{std::move(incarnation)},
      store_{store},
      table_{table},
      now_{std::move(now)},
      then_{std::move(then)},
      rules_{incarnation_, terms} {
}

keeper::standing keeper::keep_up() {
  if (!renew())
    return standing::buried;
  if (const auto seen = store_.look()) {
    rules_.looked(now_(), *seen);
    take_view(*seen);
    bury_the_dead();
    const auto wanted = balance(*seen, incarnation_);
    claim(leaves_ ? 0 : wanted.claim);
    give(leaves_ ? persistence::shard_count : wanted.give);
  } else {
    then_.noted(fmt::format("the cluster could not be seen: {}", seen.error().detail), false);
  }
  release_vacated();
  return try_to_leave() ? standing::left : standing::member;
}

bool keeper::renew() {
  const auto began = now_();
  if (began < rules_.renewal_due())
    return true;
  const auto status = store_.renew(incarnation_);
  if (!status) {
    then_.noted(fmt::format("the lease was not renewed: {}", status.error().detail), false);
    return true;
  }
  if (*status == node_status::dead) {
    table_.allow_attempts_until({});
    return false;
  }
  rules_.renewed(began);
  table_.allow_attempts_until(rules_.fence_due());
  return true;
}

/// Brings what this node serves in line with what the store says it owns.
void keeper::take_view(const cluster_view& seen) {
  auto owners = std::make_shared<shard_table::owners>();
  std::vector<owned_shard> gained;
  shards lost;
  for (std::size_t i = 0; i < seen.shards.size(); ++i) {
    const auto& holding = seen.shards[i];
    const auto shard = static_cast<shard_id>(i);
    const bool is_ours = holding.owner == incarnation_;
    const auto served = table_.serves(shard);
    if (is_ours && served != holding.epoch && !leaving_.contains(shard))
      gained.push_back({shard, holding.epoch});
    if (!is_ours && served)
      lost.push_back(shard);
    if (!is_ours)
      leaving_.erase(shard);
    owners->at(i) = holding.owner;
  }
  table_.set_owners(std::move(owners));
  stop_serving(lost);
  serve(gained);
  then_.seen(seen);
}

void keeper::bury_the_dead() {
  const auto still = rules_.still(now_());
  if (still.empty())
    return;
  const auto dead = store_.bury(still);
  if (!dead) {
    then_.noted(fmt::format("nodes that died could not be buried: {}", dead.error().detail), false);
    return;
  }
  for (const auto& incarnation : *dead)
    then_.noted(fmt::format("node {} has not renewed its lease: its shards are free", incarnation),
                true);
  if (!dead->empty())
    then_.moved();
}

void keeper::claim(std::size_t shards_max) {
  if (shards_max == 0)
    return;
  const auto claimed = store_.claim(incarnation_, shards_max);
  if (!claimed) {
    then_.noted(fmt::format("shards could not be claimed: {}", claimed.error().detail), false);
    return;
  }
  if (!claimed->empty())
    then_.noted(fmt::format("took {} shards", claimed->size()), true);
  serve(*claimed);
}

void keeper::give(std::size_t count) {
  // Those that are leaving count as owned as long as the store says so.
  const auto more = count - std::min(count, leaving_.size());
  auto given = table_.served();
  const auto now = std::min(given.size(), leaves_ ? more : std::min(more, give_at_once));
  given.erase(given.begin(), given.end() - static_cast<std::ptrdiff_t>(now));
  const auto until = now_() + handoff_patience;
  for (const auto shard : given)
    leaving_.emplace(shard, until);
  stop_serving(given);
}

void keeper::vacated(std::span<const shard_id> ended) {
  vacated_.insert(vacated_.end(), ended.begin(), ended.end());
}

void keeper::lost(shard_id shard) {
  table_.drop(std::span{&shard, 1});
}

void keeper::release(shards left) {
  std::ranges::sort(left);
  left.erase(std::unique(left.begin(), left.end()), left.end());
  std::erase_if(left, [&](shard_id shard) { return !leaving_.contains(shard); });
  if (left.empty())
    return;
  if (const auto released = store_.release(incarnation_, left); !released) {
    then_.noted(fmt::format("shards could not be released: {}", released.error().detail), false);
    return;
  }
  for (const auto shard : left)
    leaving_.erase(shard);
  then_.noted(fmt::format("gave {} shards away", left.size()), true);
  then_.moved();
}

void keeper::release_vacated() {
  auto overdue = std::exchange(vacated_, {});
  const auto now = now_();
  for (const auto& [shard, until] : leaving_) {
    if (until <= now)
      overdue.push_back(shard);
  }
  release(std::move(overdue));
}

bool keeper::try_to_leave() {
  if (!leaves_ || table_.served_count() > 0 || !leaving_.empty())
    return false;
  if (const auto left = store_.leave(incarnation_); !left) {
    then_.noted(fmt::format("the cluster could not be left: {}", left.error().detail), false);
    return false;
  }
  then_.moved();
  return true;
}

void keeper::serve(std::span<const owned_shard> taken) {
  if (taken.empty())
    return;
  table_.take(taken);
  shards gained;
  for (const auto& owned : taken)
    gained.push_back(owned.shard);
  then_.gained(gained);
}

void keeper::stop_serving(const shards& given) {
  if (given.empty())
    return;
  table_.drop(given);
  then_.leaving(given);
}

}  // namespace talaria::cluster
