#pragma once

#include "actors/fault_points.hpp"
#include "actors/interfaces.hpp"
#include "actors/metrics.hpp"
#include "actors/peers.hpp"
#include "actors/pending_submission.hpp"
#include "cluster/shard_table.hpp"
#include "cluster/time.hpp"
#include "cluster/usage_board.hpp"
#include "delivery/engine.hpp"
#include "persistence/store.hpp"
#include "supervision/address.hpp"
#include "supervision/child_life.hpp"
#include "supervision/directory.hpp"
#include "supervision/fault_injector.hpp"
#include "supervision/observed.hpp"

#include <caf/send.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace talaria::actors {

struct settings {
  /// A group that is being gathered is committed when it holds this many events.
  std::size_t append_events_max = 500;
  /// Or payloads of this size.
  std::size_t append_bytes_max = 4 * 1024 * 1024;
  std::size_t record_outcomes_max = 500;
  /// No attempt is started while so many outcomes wait for the store: each of them would be made
  /// again if the process ended now.
  std::int64_t outcomes_waiting_max = 10'000;
  std::size_t attempts_in_flight_max = 2048;
  /// A subscription without work ends after this time, and is woken when there is some.
  std::chrono::seconds passivate_after{120};
  std::chrono::milliseconds sweep_interval{1'000};
  /// Between sweeps over everything that is due, however long it has been: it wakes, for a while,
  /// also those whose deliveries are held.
  std::chrono::milliseconds full_sweep_interval{3'600'000};
  std::chrono::seconds purge_interval{60};
  std::chrono::milliseconds announce_interval{1'000};
  /// Between the steps of recoveries, while some are running.
  std::chrono::milliseconds recover_interval{200};
  /// Between looking for some.
  std::chrono::milliseconds recover_idle_interval{1'000};
  /// Of applications that have none of their own.
  std::chrono::days default_retention{30};
  std::chrono::days audit_retention{365};
  std::chrono::hours idempotency_window{24};
  delivery_window::limits window;
  supervision::restart_policy subscription_restarts;
  cluster::terms membership;
};

/// What every actor may use: made before the actor system, and outliving it. Its functions are
/// thread-safe; tests replace them by simulated ones.
struct environment {
  std::function<domain::timestamp()> now;
  /// Draws from [0, 1).
  std::function<double()> random_fraction;
  std::function<std::uint64_t()> random_bits;
  /// As `delivery::engine::send`.
  std::function<void(delivery::outbound_request, delivery::engine::completion)> send_request;
  persistence::store& store;
  supervision::directory& directory;
  actors::metrics& metrics;
  actors::settings settings;
  /// This node's name, as attempts show it.
  std::string node;
  /// This process, which owns the shards: a new one with each start.
  std::string incarnation;
  /// Never behind the machine's clock, and set by nobody.
  std::function<cluster::uptime()> uptime;
  /// Ends every request under way as `attempt_error::aborted`.
  std::function<void()> abort_requests;

  struct addresses {
    supervision::address<ingest_actor> ingest;
    supervision::address<dispatcher_actor> dispatcher;
    supervision::address<store_reader_actor> store_reader;
    supervision::address<janitor_actor> janitor;
    supervision::address<announcer_actor> announcer;
    supervision::address<recoverer_actor> recoverer;
    supervision::address<surveyor_actor> surveyor;
    /// Unset where the store cannot be shared.
    supervision::address<member_actor> member;
    std::vector<supervision::address<event_writer_actor>> event_writers;
    std::vector<supervision::address<outcome_writer_actor>> outcome_writers;
  };
  struct addresses addresses;
  /// Whether other nodes may share the store: then there is a member.
  bool is_shared = false;
  /// Ends this process, which cannot go on.
  std::function<void(const std::string& reason)> fail{};
  /// Which shards this node serves, and who the others.
  cluster::shard_table shards{};
  /// In the outcome writers.
  std::atomic<std::int64_t> outcomes_waiting{0};
  /// Bits of a `domain::priority_set`; written by `ingest` alone.
  std::atomic<std::uint8_t> paused_queues{0};
  /// Told of what is slow, grows or comes too late in any actor.
  supervision::observer observer{};
  /// Of the announcer, which clients must not shut out.
  admission announcements{16};
  /// Null: none can be injected.
  supervision::fault_injector* faults = nullptr;
  /// Null: there are none that it could tell anything.
  actors::peers* peers = nullptr;
  /// By which the nodes divide limits.
  cluster::usage_board usage{incarnation};

  /// Whether this node does what one of them has to do for all: it is whoever owns the first shard.
  /// That two do so for a moment does no harm.
  bool has_common_duties() const { return shards.serves(persistence::shard_id{0}).has_value(); }

  /// To be called by an actor where a fault may be injected.
  /// @throws as `fault_injector::reach`
  void reach(std::string_view point, const supervision::actor_card& at) const {
    if (faults != nullptr)
      faults->reach(point, {.path = at.path, .kind = at.kind, .host = {}});
  }
  /// Has every actor do so before each of its messages. @pre none has started
  void reach_before_each_message() {
    observer.before_message = [this](const supervision::actor_card& at) {
      reach(fault_points::actor_message, at);
    };
  }
};

/// To this node's ingest, and to the others'.
inline void announce_catalog_change(const environment& env) {
  caf::anon_send(env.addresses.ingest.get(), catalog_changed{});
  if (env.peers != nullptr)
    env.peers->tell_all(cluster::catalog_changed{});
}

}  // namespace talaria::actors
