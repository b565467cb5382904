#pragma once

#include "actors/environment.hpp"
#include "actors/poison_watch.hpp"
#include "actors/receiver_watch.hpp"
#include "domain/rate_limiter.hpp"
#include "domain/state_names.hpp"

#include <array>
#include <memory>
#include <optional>

namespace talaria::actors {

/// The owner of one subscription's runtime state: which of its deliveries are in memory, which are
/// under way, and when the next one is due.
///
/// Spawned and supervised by `ingest` when there is work, rebuilt from the store, ended when idle.
/// Talks to the dispatcher (attempts), an outcome writer (what came of them) and the store reader
/// (pages). One timer, for whatever is due first. When it dies, the attempts under way may be
/// repeated by its next incarnation; nothing else is lost, since the store has every pending
/// delivery.
struct subscription_state {
  static inline const char* name = "subscription";

  environment* env = nullptr;
  std::shared_ptr<supervision::actor_card> card;
  domain::subscription_number number{};
  persistence::shard_id shard{};
  persistence::fencing_epoch epoch{};
  /// For the supervisor, should this fail.
  std::shared_ptr<event_at_hand> at_hand;
  /// Events that are ended without another look.
  std::set<domain::event_id> isolated;
  /// Null until it is loaded; nothing is sent before.
  subscription_pointer subscription;
  /// When it is asked for again.
  domain::timestamp settings_due;
  std::optional<delivery_window> window;
  domain::rate_limiter rate;
  std::optional<receiver_watch> receiver;
  std::optional<breaker_share> breaker;
  domain::uuid_sequence ids;

  /// Counts what `ingest` sent; see `subscription_idle`.
  std::uint64_t messages_seen = 0;
  domain::timestamp last_work;
  domain::timestamp page_asked_at;
  bool draining = false;
  /// The receiver answered 410, or failed for too long: nothing more is sent until the catalogue
  /// says what follows from it.
  bool receiver_given_up = false;
  /// The shard has another owner: nothing more is sent, until `ingest` ends this.
  bool fenced = false;

  std::uint64_t timer_generation = 0;
  std::optional<domain::timestamp> timer_set_for;
};

inline constexpr std::array<supervision::gauge, 15> subscription_gauges{
    "pending",
    "waiting",
    "in_flight",
    "recording",
    "window",
    "more_in_store",
    "next_due_ms",
    "paused",
    supervision::gauge{"breaker", domain::breaker_state_texts},
    "breaker_calls",
    "breaker_failures",
    "rate_tokens",
    "rate_limit_per_second",
    supervision::gauge{"order", domain::ordering_texts},
    "isolated"};

/// What `ingest` gives the actor of a subscription on its way.
struct subscription_start {
  domain::subscription_number number{};
  persistence::shard_id shard{};
  /// Under which this node owns the shard: until it does no more, or anew.
  persistence::fencing_epoch epoch{};
  std::shared_ptr<supervision::actor_card> card;
  /// When it ends, so does the subscription.
  caf::actor_addr supervisor;
  std::shared_ptr<event_at_hand> at_hand;
  std::set<domain::event_id> isolated;
};

subscription_actor::behavior_type subscription(
    supervision::observed_pointer<subscription_actor, subscription_state> self, environment* env,
    subscription_start start);

}  // namespace talaria::actors
