#pragma once

#include "cluster/member.hpp"
#include "cluster/shard_table.hpp"
#include "cluster/time.hpp"
#include "persistence/membership.hpp"

#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace talaria::cluster {

/// Keeps a node in its cluster, and its shards its own: renews the lease, looks at the others,
/// buries those that died, claims this node's part of the shards, and gives away what is too much.
///
/// One thread's; its calls wait for the store. Knows no actors, so that a simulation can have a
/// thousand of it.
class keeper {
public:
  using shard_id = persistence::shard_id;
  using shards = std::vector<shard_id>;

  /// What follows for the rest of the node; each is called within the keeper's calls.
  struct consequences {
    /// These are served from now on: what is due of them has waited for who knows how long.
    std::function<void(const shards&)> gained;
    /// These are not served any more. Once what is under way of them has ended, `vacated` follows.
    std::function<void(const shards&)> leaving;
    /// Others may find shards now.
    std::function<void()> moved;
    std::function<void(const persistence::cluster_view&)> seen;
    /// Something to write down: of a node's life if `important`, else of trouble with the store.
    std::function<void(const std::string& what, bool important)> noted;
  };

  keeper(std::string incarnation, terms terms, persistence::membership& store, shard_table& table,
         std::function<uptime()> now, consequences then);

  enum class standing : std::uint8_t {
    member,
    left,   ///< as it was asked to
    buried  ///< nothing that this process does is of use any more
  };

  /// To be called all the time: at least four times within what is taken for a blink.
  standing keep_up();

  /// Nothing is under way of these any more: the next `keep_up` releases them.
  void vacated(std::span<const shard_id> ended);
  /// The store refused a write for it.
  void lost(shard_id shard);
  /// Gives everything away, and then leaves.
  void leave() { leaves_ = true; }

  std::size_t leaving_count() const { return leaving_.size(); }

private:
  bool renew();
  void take_view(const persistence::cluster_view& seen);
  void bury_the_dead();
  void claim(std::size_t shards_max);
  void give(std::size_t count);
  void release(shards left);
  void release_vacated();
  bool try_to_leave();
  void serve(std::span<const persistence::owned_shard> taken);
  void stop_serving(const shards& given);

  const std::string incarnation_;
  persistence::membership& store_;
  shard_table& table_;
  const std::function<uptime()> now_;
  const consequences then_;
  member rules_;
  /// Given away, by when at the latest: what has not ended by then is fenced.
  std::map<shard_id, uptime> leaving_;
  /// Not yet released: many at once cost one write.
  shards vacated_;
  bool leaves_ = false;
};

}  // namespace talaria::cluster
