#pragma once

#include "actors/messages.hpp"

#include <caf/typed_actor.hpp>

namespace talaria::actors {

// clang-format off

/// The owner of one subscription's runtime state. See subscription.hpp.
using subscription_actor = caf::typed_actor<
  /// Takes in what was just committed.
  caf::reacts_to<deliver>,
  /// An attempt ended: decides what becomes of its delivery and has it recorded.
  caf::reacts_to<attempt_finished>,
  /// The store has answered for outcomes.
  caf::reacts_to<outcomes_recorded>,
  /// A page that was asked for, or the reason there is none.
  caf::reacts_to<page_loaded>,
  /// Its settings and secrets, or the reason there are none.
  caf::reacts_to<subscription_loaded>,
  /// INTERNAL: something is due.
  caf::reacts_to<wake_due>,
  /// The store may have something that is due.
  caf::reacts_to<work_available>,
  /// Goes on with other settings.
  caf::reacts_to<subscription_changed>,
  /// Goes on with other queues paused.
  caf::reacts_to<queues_changed>,
  /// Forgets a delivery that waits.
  caf::reacts_to<delivery_cancelled>,
  /// Lets what is under way end, then ends.
  caf::reacts_to<drain>>;

/// Admission's other side: fan-out, routing, and the supervision of subscriptions. See ingest.hpp.
using ingest_actor = caf::typed_actor<
  /// Gives events their ids, finds their subscriptions and passes them on to a writer.
  caf::reacts_to<submit_events>,
  /// Routes committed deliveries to their subscriptions, waking those that sleep.
  caf::reacts_to<events_committed>,
  /// Fans out anew once the catalogue is up to date.
  caf::reacts_to<fan_out_outdated>,
  /// Brings the catalogue up to date.
  caf::reacts_to<catalog_changed>,
  /// The catalogue, after a start.
  caf::reacts_to<catalog_snapshot_loaded>,
  /// What changed in the catalogue.
  caf::reacts_to<catalog_loaded>,
  /// INTERNAL: loading the catalogue failed a while ago.
  caf::reacts_to<catalog_load_due>,
  /// Wakes subscriptions.
  caf::reacts_to<deliveries_due>,
  /// Passes it on to the delivery's subscription, if that is awake.
  caf::reacts_to<delivery_cancelled>,
  /// Lets an idle subscription end, unless it was sent something meanwhile.
  caf::reacts_to<subscription_idle>,
  /// Ends a subscription that another node owns.
  caf::reacts_to<subscription_fenced>,
  /// Wakes subscriptions for what another node committed.
  caf::reacts_to<deliveries_committed_elsewhere>,
  /// Ends the subscriptions of shards, and says when they have ended.
  caf::reacts_to<shards_leaving>,
  /// INTERNAL: a failed subscription's backoff is over.
  caf::reacts_to<restart_due>,
  /// Forgets that an event made its subscription fail.
  caf::reacts_to<event_settled>,
  /// Restarts a subscription, or releases it from quarantine.
  caf::reacts_to<command_subscription>,
  /// INTERNAL: kills one that did not end in time for its restart.
  caf::reacts_to<restart_grace_over>,
  /// Refuses submissions from now on and drains every subscription.
  caf::reacts_to<drain_all>>;

/// Commits submissions in groups. See event_writer.hpp.
using event_writer_actor = caf::typed_actor<
  /// Adds a submission to the group that gathers.
  caf::reacts_to<append_events>,
  /// INTERNAL: commits the group.
  caf::reacts_to<flush_due>>;

struct record_outcome {
  persistence::outcome outcome;
  subscription_actor reply_to;
};

struct record_health {
  persistence::health_change change;
};

struct load_page {
  persistence::pending_query wanted;
  subscription_actor reply_to;
};

struct load_subscription {
  domain::subscription_number subscription{};
  subscription_actor reply_to;
};

struct load_catalog {
  /// Absent: all of it.
  std::optional<std::int64_t> since_revision;
  ingest_actor reply_to;
};

/// Commits outcomes in groups. See outcome_writer.hpp.
using outcome_writer_actor = caf::typed_actor<
  /// Adds an outcome to the group that gathers; its answer goes to the subscription.
  caf::reacts_to<record_outcome>,
  /// Notes how a subscription's receiver does; what waits of the same one is replaced.
  caf::reacts_to<record_health>,
  /// INTERNAL: commits the group.
  caf::reacts_to<flush_due>>;

/// Reads the store for those who must not block. See store_reader.hpp.
using store_reader_actor = caf::typed_actor<
  /// Loads a page of a subscription's pending deliveries.
  caf::reacts_to<load_page>,
  /// Loads a subscription.
  caf::reacts_to<load_subscription>,
  /// Loads the catalogue, or its changes.
  caf::reacts_to<load_catalog>>;

/// Hands requests to the outbound engine. See dispatcher.hpp.
using dispatcher_actor = caf::typed_actor<
  /// Makes the attempt as soon as the cap and the priorities allow.
  caf::reacts_to<dispatch_attempt>,
  /// A request has ended, so that another may start.
  caf::reacts_to<transfer_ended>,
  /// Goes on with what was held back.
  caf::reacts_to<outcomes_taken>,
  /// INTERNAL: ends what may not go on without a lease, and goes on when there is one.
  caf::reacts_to<lease_check_due>>;

/// Makes events of operational events. See announcer.hpp.
using announcer_actor = caf::typed_actor<
  /// INTERNAL: looks for some.
  caf::reacts_to<announce_due>,
  /// Removes what is committed.
  caf::reacts_to<operational_events_submitted>>;

/// Makes what is dead pending again, at the rate that was asked for. See recoverer.hpp.
using recoverer_actor = caf::typed_actor<
  /// INTERNAL: advances the recoveries that are running.
  caf::reacts_to<recover_due>>;

/// Counts what is pending. See surveyor.hpp.
using surveyor_actor = caf::typed_actor<
  /// INTERNAL: counts.
  caf::reacts_to<survey_due>>;

/// Keeps this node in its cluster, and its shards its own. See member.hpp.
using member_actor = caf::typed_actor<
  /// INTERNAL: renews, looks, claims and gives away.
  caf::reacts_to<membership_due>,
  /// Does so now.
  caf::reacts_to<look_now>,
  /// Releases them.
  caf::reacts_to<shards_vacated>,
  /// Serves it no more.
  caf::reacts_to<shard_lost>,
  /// Gives everything away and leaves.
  caf::reacts_to<leave_cluster>>;

/// Finds due work that nobody holds, and deletes what is past its time. See janitor.hpp.
using janitor_actor = caf::typed_actor<
  /// Wakes every subscription that has something due, however long it has been.
  caf::reacts_to<sweep_everything>,
  /// The same for those of some shards.
  caf::reacts_to<sweep_shards>,
  /// INTERNAL: looks for subscriptions with due deliveries.
  caf::reacts_to<sweep_due>,
  /// INTERNAL: has the next sweep cover everything.
  caf::reacts_to<full_sweep_due>,
  /// INTERNAL: deletes what has expired.
  caf::reacts_to<purge_due>>;

// clang-format on

}  // namespace talaria::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::actors::record_outcome)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::actors::record_health)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::actors::load_page)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::actors::load_subscription)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(talaria::actors::load_catalog)
