#include "cluster/shard_table.hpp"

#include <utility>

namespace talaria::cluster {

std::optional<persistence::fencing_epoch> shard_table::serves(shard_id shard) const {
  const auto epoch = epochs_.at(static_cast<std::size_t>(shard)).load(std::memory_order_relaxed);
  if (epoch == not_served)
    return std::nullopt;
  return fencing_epoch{epoch};
}

std::vector<persistence::shard_id> shard_table::served() const {
  std::vector<shard_id> found;
  for (std::size_t i = 0; i < epochs_.size(); ++i) {
    if (epochs_.at(i).load(std::memory_order_relaxed) != not_served)
      found.push_back(static_cast<shard_id>(i));
  }
  return found;
}

void shard_table::take(std::span<const persistence::owned_shard> shards) {
  for (const auto& taken : shards) {
    if (epochs_.at(static_cast<std::size_t>(taken.shard))
            .exchange(static_cast<std::int64_t>(taken.epoch)) == not_served)
      ++served_count_;
  }
}

void shard_table::drop(std::span<const shard_id> shards) {
  for (const auto shard : shards) {
    if (epochs_.at(static_cast<std::size_t>(shard)).exchange(not_served) != not_served)
      --served_count_;
  }
}

std::shared_ptr<const shard_table::owners> shard_table::who_owns() const {
  const std::lock_guard lock{owners_mutex_};
  return owners_;
}

void shard_table::set_owners(std::shared_ptr<const owners> seen) {
  const std::lock_guard lock{owners_mutex_};
  owners_ = std::move(seen);
}

}  // namespace talaria::cluster
