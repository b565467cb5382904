#pragma once

#include "domain/error.hpp"
#include "domain/id.hpp"
#include "domain/time.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Who shares a store, and which of them owns what. The rules by which nodes use it are in
/// cluster/; docs/decisions/0012-leases-in-postgresql.md says why they are these.
namespace talaria::persistence {

/// A unit of ownership: subscriptions belong to shards, shards to nodes.
enum class shard_id : std::uint16_t {};
inline constexpr std::uint16_t shard_count = 4096;

/// The shard of a subscription, for ever: FNV-1a (64 bits) over the id's bytes, modulo the count.
shard_id shard_of(const domain::subscription_id& id);

/// Rises each time a shard gets a new owner. Every outcome carries it, and the store refuses an
/// outcome whose epoch is not the shard's.
enum class fencing_epoch : std::int64_t {};

struct owned_shard {
  shard_id shard{};
  fencing_epoch epoch{};
};

class shard_ownership {
public:
  virtual ~shard_ownership() = default;

  /// Takes every shard for this node, raising each epoch: for a Talaria of a single node.
  virtual domain::result<std::vector<owned_shard>> claim_all(std::string_view node) = 0;
};

enum class node_status : std::uint8_t {
  up,
  draining,  ///< gives its shards away and takes none
  dead,      ///< for ever: a process that comes back is another incarnation
};

/// One process of a cluster.
struct node_row {
  /// Drawn when the process starts. Owns shards and lanes.
  std::string incarnation{};
  /// Given by whoever runs it; of two processes of one name the later is the node.
  std::string name{};
  /// Where others reach its links, `host:port`. Empty: nowhere.
  std::string address{};
  std::string version{};
  /// Of the envelopes that nodes send each other: the oldest and the newest that it understands.
  std::uint16_t protocol_min = 1;
  std::uint16_t protocol_max = 1;
  node_status status = node_status::up;
  /// How often it has shown that it lives. Others watch whether it rises, on their own clocks.
  std::int64_t renewals = 0;
  domain::timestamp joined_at{};
};

/// A node as somebody saw it last.
struct sighting {
  std::string incarnation;
  std::int64_t renewals = 0;
};

struct cluster_view {
  /// All but the dead, by name.
  std::vector<node_row> nodes{};
  struct holding {
    /// An incarnation. Empty: nobody.
    std::string owner{};
    fencing_epoch epoch{};
  };
  /// By shard: one of each.
  std::vector<holding> shards{};
  std::int64_t catalog_revision = 0;
};

/// Of one node's shards: how long the oldest of the deliveries that are due has been so.
struct node_lag {
  std::string incarnation;
  std::chrono::milliseconds oldest_due{};
};

/// The nodes of a store that several processes share. Every call is one transaction, or several
/// that may end between any two.
class membership {
public:
  virtual ~membership() = default;

  /// Enters a node, as `up`. A former incarnation of the same name is dead from now on, as is
  /// whoever writes outcomes without having joined; what they owned is free.
  virtual domain::result<void> join(const node_row& node) = 0;

  /// Shows that it lives.
  /// @returns its status; `dead` if somebody has buried it.
  virtual domain::result<node_status> renew(std::string_view incarnation) = 0;

  virtual domain::result<cluster_view> look() = 0;

  /// Declares nodes dead, unless they have renewed since they were seen so. Waits for what they are
  /// writing; from then on nothing that they write is taken, and their shards are free.
  /// @returns those that it buried.
  virtual domain::result<std::vector<std::string>> bury(std::span<const sighting> still) = 0;

  /// Takes up to so many free shards, at random, raising the epoch of each. None if the node is not
  /// `up`.
  virtual domain::result<std::vector<owned_shard>> claim(std::string_view incarnation,
                                                         std::size_t shards_max) = 0;

  /// Frees those of the shards that the node owns. Waits for what it is writing; what it writes
  /// for them afterwards is fenced, also if it began before.
  virtual domain::result<void> release(std::string_view incarnation,
                                       std::span<const shard_id> shards) = 0;

  /// Of a node that is `up` or `draining`, by its name.
  /// @returns `ec::not_found`
  virtual domain::result<void> set_draining(std::string_view name, bool draining) = 0;

  /// The end of a node that stops in good order: as `bury` of itself.
  virtual domain::result<void> leave(std::string_view incarnation) = 0;

  /// Of each node that has something due. Looks at the oldest 10,000 deliveries.
  virtual domain::result<std::vector<node_lag>> lags(domain::timestamp now) = 0;
};

}  // namespace talaria::persistence
