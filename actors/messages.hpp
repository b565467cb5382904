#pragma once

#include "actors/attempt_order.hpp"
#include "actors/delivery_window.hpp"
#include "actors/pending_submission.hpp"
#include "actors/receiver_watch.hpp"
#include "actors/writer_load.hpp"
#include "domain/event.hpp"
#include "domain/fan_out.hpp"
#include "domain/id.hpp"
#include "domain/subscription.hpp"
#include "persistence/catalog.hpp"
#include "persistence/event_appender.hpp"
#include "persistence/membership.hpp"
#include "persistence/outcome_recorder.hpp"
#include "persistence/queue_reader.hpp"
#include "supervision/actor_card.hpp"

#include <caf/allowed_unsafe_message_type.hpp>

#include <cstdint>
#include <future>
#include <memory>
#include <unordered_map>
#include <vector>

/// Every message between actors. Commands are imperative, facts are past tense, wake-ups end in
/// `_due`. All are local: what crosses nodes has a format of its own.
namespace talaria::actors {

using subscription_pointer = std::shared_ptr<const domain::subscription>;
using event_pointer = std::shared_ptr<const domain::event>;

template <class Value>
using by_subscription_number = std::unordered_map<domain::subscription_number, Value>;

/// What `ingest` knows of a subscription that sleeps.
struct catalog_entry {
  persistence::shard_id shard{};
  /// Neither paused nor disabled.
  bool delivers = false;
  domain::ordering ordering = domain::ordering::parallel;
  std::optional<domain::priority> priority{};
};
using catalog_entries = by_subscription_number<catalog_entry>;

inline catalog_entry to_entry(const domain::subscription& subscription) {
  return {persistence::shard_of(subscription.id), subscription.active() && !subscription.paused,
          subscription.settings.ordering, subscription.settings.priority};
}

// ------------------------------------------------------------------ on the way of a submission

struct submit_events {
  std::shared_ptr<pending_submission> submission;
};

/// A submission with its fan-out: for each event, the numbers and shards of its subscriptions.
struct append_events {
  std::shared_ptr<pending_submission> submission;
  std::vector<std::vector<persistence::delivery_target>> fan_out;
  std::int64_t catalog_revision = 0;
  /// Its place in what its writer has to do.
  writer_load::share load;
};

/// The catalogue moved on before these could be committed: they need a new fan-out.
struct fan_out_outdated {
  std::vector<std::shared_ptr<pending_submission>> submissions;
};

struct committed_event {
  event_pointer event;
  std::vector<persistence::delivery_target> fan_out;
};

struct events_committed {
  std::vector<committed_event> events;
};

// --------------------------------------------------------------------- on the way of a delivery

struct deliver {
  std::vector<event_pointer> events;
};

struct dispatch_attempt {
  std::shared_ptr<attempt_order> order;
};

/// To the dispatcher: a request left the engine.
struct transfer_ended {
  domain::subscription_number subscription{};
};

/// To the dispatcher: the store takes outcomes again, after too many had waited for it.
struct outcomes_taken {};

struct attempt_finished {
  domain::event_id event;
  receiver_watch::permit permit;
  attempt_result result;
};

struct outcome_recorded {
  domain::event_id event;
  persistence::record_status status{};
};

struct outcomes_recorded {
  std::vector<outcome_recorded> outcomes;
};

// --------------------------------------------------------------------------- reading the store

struct page_loaded {
  domain::result<persistence::pending_page> page;
};

/// The whole catalogue, of which only what is needed to find and wake subscriptions is kept.
struct catalog_snapshot {
  std::int64_t revision = 0;
  domain::priority_set paused_queues;
  std::shared_ptr<domain::fan_out> fan_out;
  catalog_entries entries;
};

struct catalog_snapshot_loaded {
  domain::result<catalog_snapshot> snapshot;
};

struct catalog_loaded {
  domain::result<persistence::catalog_changes> changes;
};

struct subscription_loaded {
  domain::result<subscription_pointer> subscription;
};

// -------------------------------------------------------------------------------------- hints

struct catalog_changed {};

struct deliveries_due {
  std::vector<domain::subscription_number> subscriptions;
};

/// The environment names other queues as paused.
struct queues_changed {};

struct sweep_everything {};

/// To the janitor, of shards that were just taken: who knows how long they had no owner.
struct sweep_shards {
  std::vector<persistence::shard_id> shards;
};

struct delivery_cancelled {
  domain::delivery_id delivery;
};

/// To one subscription: the store may have something that is due.
struct work_available {
  /// It was committed by another node: what is in memory does not explain it.
  bool unseen = false;
};

/// To `ingest`: what another node committed for subscriptions of this one.
struct deliveries_committed_elsewhere {
  std::vector<domain::subscription_number> subscriptions;
};

struct subscription_changed {
  subscription_pointer subscription;
};

// ------------------------------------------------------------------------- operational events

/// What became of a submission of operational events.
struct operational_events_submitted {
  std::vector<domain::uuid> ids;
  bool committed = false;
};

// ---------------------------------------------------------------------------------- ownership

/// To `ingest`: these are about to be given away, or are lost already. Its subscriptions of them
/// are to end.
struct shards_leaving {
  std::vector<persistence::shard_id> shards;
};

/// To the member: no subscription of these is left, nor what it would write.
struct shards_vacated {
  std::vector<persistence::shard_id> shards;
};

/// To the member: the store says that this shard has another owner.
struct shard_lost {
  persistence::shard_id shard{};
};

/// To the member: somebody says that shards have moved.
struct look_now {};

/// To the member: gives all away, then leaves; the promise is kept when it has.
struct leave_cluster {
  std::shared_ptr<std::promise<void>> left;
};

// ------------------------------------------------------------------------------ life and death

/// A subscription has nothing to do; `messages_seen` lets `ingest` notice what it sent meanwhile.
struct subscription_idle {
  domain::subscription_number number{};
  std::uint64_t messages_seen = 0;
};

/// A subscription refuses to go on, because its shard has another owner.
struct subscription_fenced {
  domain::subscription_number number{};
};

/// To `ingest`: an event that was isolated is recorded as dead.
struct event_settled {
  domain::subscription_number number{};
  domain::event_id event;
};

/// To `ingest`: what a person asks of the actor of a subscription.
struct command_subscription {
  domain::subscription_number number{};
  supervision::child_command command{};
};

/// Finish what is under way, begin nothing new, then end.
struct drain {};

/// To `ingest`: as `drain`; the promise is kept when every subscription has ended.
struct drain_all {
  std::shared_ptr<std::promise<void>> drained;
};

// -------------------------------------------------------------------------- wake-ups to oneself

struct flush_due {};
struct wake_due {
  /// A wake-up is void unless it is the last one that was set: timers cannot be cancelled.
  std::uint64_t generation = 0;
};
struct restart_due {
  domain::subscription_number number{};
};
/// A subscription that was to be restarted has had its time to end.
struct restart_grace_over {
  domain::subscription_number number{};
  /// Of the incarnation that was told to end.
  caf::actor_id incarnation{};
};
struct catalog_load_due {
  /// As `wake_due`.
  std::uint64_t generation = 0;
};
struct sweep_due {};
struct full_sweep_due {};
struct purge_due {};
struct announce_due {};
struct recover_due {};
struct survey_due {};
struct lease_check_due {};
struct membership_due {
  /// As `wake_due`.
  std::uint64_t generation = 0;
};

}  // namespace talaria::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::actors::submit_events)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::actors::append_events)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::actors::fan_out_outdated)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::actors::events_committed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::actors::deliver)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::actors::dispatch_attempt)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::actors::transfer_ended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::actors::outcomes_taken)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::actors::attempt_finished)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::actors::outcomes_recorded)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::actors::page_loaded)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::actors::catalog_loaded)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::actors::catalog_snapshot_loaded)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::actors::subscription_loaded)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::actors::catalog_changed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::actors::deliveries_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::actors::queues_changed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::actors::sweep_everything)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::actors::delivery_cancelled)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::actors::work_available)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::actors::subscription_changed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::actors::subscription_idle)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::actors::subscription_fenced)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::actors::drain)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::actors::drain_all)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::actors::flush_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::actors::wake_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::actors::restart_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::actors::event_settled)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::actors::command_subscription)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::actors::restart_grace_over)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::actors::catalog_load_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::actors::sweep_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::actors::full_sweep_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::actors::purge_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::actors::announce_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::actors::recover_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::actors::survey_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::actors::operational_events_submitted)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::actors::deliveries_committed_elsewhere)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::actors::sweep_shards)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::actors::shards_leaving)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::actors::shards_vacated)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::actors::shard_lost)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::actors::look_now)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::actors::leave_cluster)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::actors::lease_check_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::actors::membership_due)
