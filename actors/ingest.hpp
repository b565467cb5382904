#pragma once

#include "actors/environment.hpp"
#include "actors/poison_watch.hpp"
#include "domain/fan_out.hpp"

#include <cstdint>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

namespace talaria::actors {

/// A subscription actor as `ingest` knows it.
struct supervised_subscription {
  subscription_actor handle;
  supervision::child_life life;
  poison_watch poison{};
  std::shared_ptr<event_at_hand> at_hand = std::make_shared<event_at_hand>();
  /// See `subscription_idle`.
  std::uint64_t messages_sent = 0;
  /// There was work for it while it was not up, or somebody wants it back.
  bool wanted = false;
  /// Of which it was started.
  persistence::shard_id shard{};
  /// Its shard is to be given away once it has ended.
  bool leaves = false;
};

/// Holds what it must know of every subscription in memory, which is little, fans submissions out,
/// and routes what was committed to the subscriptions, which it spawns and supervises: one that
/// fails is restarted after a backoff, and quarantined when it fails more often than its budget
/// allows; all others run on.
///
/// Told by the gateway, the event writers and the janitor. When it dies, its subscriptions end too,
/// the submissions it held are answered with `ec::store_unavailable`, and its next incarnation
/// loads the catalogue anew; the sweep finds what was due.
struct ingest_state {
  static inline const char* name = "ingest";

  environment* env = nullptr;
  std::shared_ptr<supervision::actor_card> card;
  domain::uuid_sequence ids;

  catalog_entries catalog;
  std::shared_ptr<domain::fan_out> fan_out = std::make_shared<domain::fan_out>();
  std::int64_t catalog_revision = 0;
  bool catalog_loaded = false;
  bool catalog_loading = false;
  /// A change was announced while a load was under way that may have missed it.
  bool catalog_outdated = false;
  std::uint64_t load_generation = 0;
  /// Submissions that wait for the catalogue.
  std::vector<std::shared_ptr<pending_submission>> waiting;

  by_subscription_number<supervised_subscription> subscriptions;
  /// Of each shard that is about to be given away: how many subscriptions have yet to end.
  std::map<persistence::shard_id, std::size_t> leaving;
  std::unordered_map<caf::actor_id, domain::subscription_number> numbers;

  /// One for each event writer.
  std::vector<writer_load> writer_loads;
  std::shared_ptr<std::promise<void>> drained;
};

inline constexpr std::array<supervision::gauge, 4> ingest_gauges{"catalog", "catalog_revision",
                                                                 "subscriptions", "waiting"};

ingest_actor::behavior_type ingest(supervision::observed_pointer<ingest_actor, ingest_state> self,
                                   environment* env, std::shared_ptr<supervision::actor_card> card);

}  // namespace talaria::actors
