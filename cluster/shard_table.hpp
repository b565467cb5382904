#pragma once

#include "cluster/time.hpp"
#include "persistence/membership.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace talaria::cluster {

/// Who owns which shard, as this node believes, and what it may do: read by every actor, written by
/// the one that keeps the membership. Beliefs may be late; what is written to the store is fenced.
///
/// Thread-safe.
class shard_table {
public:
  using shard_id = persistence::shard_id;
  using fencing_epoch = persistence::fencing_epoch;

  /// Incarnations by shard; empty: nobody. Never changes.
  using owners = std::array<std::string, persistence::shard_count>;

  // ---------------------------------------------------------------------------- what is ours

  /// Of a shard that this node owns and is not about to give away: its epoch.
  std::optional<fencing_epoch> serves(shard_id shard) const;

  /// Those that it serves.
  std::vector<shard_id> served() const;
  std::size_t served_count() const { return served_count_.load(); }

  void take(std::span<const persistence::owned_shard> shards);
  /// From now on they are not served.
  void drop(std::span<const shard_id> shards);

  // ------------------------------------------------------------------------------ the lease

  /// Whether attempts may be started at this time. Without a lease having been set: always.
  bool may_attempt(uptime now) const { return now.count() < attempts_until_.load(); }
  void allow_attempts_until(uptime end) { attempts_until_ = end.count(); }

  // ----------------------------------------------------------------------------- what is not

  std::shared_ptr<const owners> who_owns() const;
  void set_owners(std::shared_ptr<const owners> seen);

private:
  /// No epoch is 0: the first owner has 1.
  static constexpr std::int64_t not_served = 0;

  std::array<std::atomic<std::int64_t>, persistence::shard_count> epochs_{};
  std::atomic<std::size_t> served_count_{0};
  std::atomic<std::int64_t> attempts_until_{INT64_MAX};
  mutable std::mutex owners_mutex_;
  std::shared_ptr<const owners> owners_ = std::make_shared<owners>();
};

}  // namespace talaria::cluster
