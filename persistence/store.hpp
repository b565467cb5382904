#pragma once

#include "domain/attempt.hpp"
#include "domain/audit_entry.hpp"
#include "domain/delivery.hpp"
#include "domain/error.hpp"
#include "domain/event.hpp"
#include "domain/id.hpp"
#include "domain/operational_event.hpp"
#include "domain/recovery.hpp"
#include "domain/secret_box.hpp"
#include "domain/subscription.hpp"
#include "domain/tenancy.hpp"
#include "domain/time.hpp"
#include "persistence/membership.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The contract that every store keeps; tests/persistence/conformance.cpp checks it.
///
/// A `store` is thread-safe and hands out sessions. A session belongs to one thread at a time and
/// must not outlive its store. Calls block. A call that returns an error has changed nothing, with
/// one exception: after `ec::store_unavailable` the outcome of a write is unknown, and repeating it
/// with the same ids is safe. A session recovers by itself on a later call.
///
/// Pending work is rows: a delivery has a row in the queue exactly while it is pending, and exactly
/// one attempt row with a final status (delivered, dead, cancelled) exactly while it is not.
namespace talaria::persistence {

using domain::result;
using domain::subscription_number;
using domain::timestamp;

/// The shard of a subscription, for ever: FNV-1a (64 bits) over the id's bytes, modulo the count.
shard_id shard_of(const domain::subscription_id& id);

// ------------------------------------------------------------------------------------- events

/// 16-byte hashes of an idempotency key and of what was submitted with it.
struct idempotency {
  domain::uuid key_hash;
  domain::uuid body_hash;
  /// From then on the key is as if never used.
  timestamp expires_at;
};

struct delivery_target {
  subscription_number subscription{};
  shard_id shard{};
  domain::ordering ordering = domain::ordering::parallel;
  /// The queue it waits in. Absent: that of the event.
  std::optional<domain::priority> priority{};
};

struct new_event {
  std::shared_ptr<const domain::event> event;
  /// In ascending order of number. Each gets a pending delivery, due at the event's `received_at`,
  /// and the next number of its sequence if it is ordered: these numbers rise in the order of the
  /// commits, and may skip some.
  std::vector<delivery_target> fan_out;
  std::optional<idempotency> idempotent;
};

/// What one client submitted in one request: stored as a whole or not at all.
struct event_group {
  std::vector<new_event> events;
};

struct appended_event {
  /// The first event's id if this one is a duplicate, in which case nothing was stored for it.
  domain::event_id id;
  bool duplicate = false;
};

struct appended_group {
  /// One for each event of the group, in order; empty if the group was refused.
  std::vector<appended_event> events;
  /// Indexes of events whose idempotency key was used with another body, before or earlier in the
  /// same call. Not empty: the group was refused.
  std::vector<std::size_t> conflicts;
};

/// Makes events durable, with their deliveries and idempotency keys.
class event_appender {
public:
  virtual ~event_appender() = default;

  /// Stores all groups in one transaction; when it returns, they are durable. An event that was
  /// stored by an earlier call is left as it is, and is no duplicate. Whether an idempotency key
  /// has expired is asked of the event's `received_at`.
  ///
  /// @param catalog_revision The revision of the subscriptions that the fan-outs were computed
  /// from.
  /// @returns `ec::catalog_changed` if a newer one was committed before: fan out anew.
  virtual result<std::vector<appended_group>> append(std::span<const event_group> groups,
                                                     std::int64_t catalog_revision) = 0;
};

// ----------------------------------------------------------------------------------- outcomes

struct outcome {
  domain::delivery_id delivery;
  shard_id shard{};
  fencing_epoch epoch{};
  domain::attempt attempt;
  /// `pending` for a retry, `delivered` or `dead`.
  domain::delivery_status status = domain::delivery_status::pending;
  /// Requests in this run of the schedule, the attempt included.
  std::uint32_t run_attempts = 0;
  /// For a retry: when.
  timestamp due;
  /// Of the delivery. Not stored: it is there for who counts.
  domain::priority priority{};
  /// The receiver answered 410: its subscription is to be disabled, in the same transaction.
  bool receiver_gone = false;
  /// Written down in the same transaction, if the outcome is recorded.
  std::vector<domain::operational_event> tells;
};

/// How a subscription's receiver is doing, as its owner reports it.
struct health_change {
  subscription_number subscription{};
  shard_id shard{};
  fencing_epoch epoch{};
  domain::subscription_health health;
  /// The receiver failed for too long: its subscription is to be disabled, in the same transaction.
  bool given_up = false;
  timestamp changed_at;
  /// As those of an outcome.
  std::vector<domain::operational_event> tells;
};

enum class record_status : std::uint8_t {
  recorded,
  fenced,       ///< the shard has another owner by now; nothing was written
  not_pending,  ///< the delivery was cancelled or ended meanwhile; nothing was written
};

class outcome_recorder {
public:
  virtual ~outcome_recorder() = default;

  /// Records attempts and moves their deliveries on, all in one transaction.
  ///
  /// @param node The node's incarnation, which owns the shards.
  /// @returns one status for each outcome, in order. Recording the same attempt again answers
  /// `not_pending` or `recorded` and changes nothing.
  virtual result<std::vector<record_status>> record(std::string_view node,
                                                    std::span<const outcome> outcomes) = 0;

  /// Replaces what is stored of the subscriptions' health, all in one transaction. Each
  /// subscription comes at most once.
  ///
  /// @returns one status for each change, in order: `not_pending` if the subscription was deleted.
  virtual result<std::vector<record_status>> record_health(
      std::string_view node, std::span<const health_change> changes) = 0;
};

// ------------------------------------------------------------------------- operational events

/// An operational event that was written down and is not yet an event.
struct untold_event {
  domain::operational_event event;
  /// The system application of its organization.
  domain::application_id system_application;
};

/// Operational events on their way from the transaction that caused them to their becoming events.
class outbox {
public:
  virtual ~outbox() = default;

  /// The oldest ones, by id.
  virtual result<std::vector<untold_event>> first(std::size_t events_max) = 0;
  /// They are events now. Ids that are not there are no fault.
  virtual result<void> remove(std::span<const domain::uuid> ids) = 0;
};

// --------------------------------------------------------------------------------- the queue

/// Which pending deliveries of a subscription are wanted.
struct pending_query {
  subscription_number subscription{};
  timestamp until;
  /// At least 1.
  std::size_t deliveries_max = 0;
  /// The page ends before the payload that would exceed it, but holds at least one delivery.
  std::size_t payload_bytes_max = 0;
  domain::ordering ordering = domain::ordering::parallel;
  /// Deliveries of events with these priorities are passed over; of an ordered subscription they
  /// hold up what comes after them.
  domain::priority_set held{};
};

struct pending_delivery {
  std::shared_ptr<const domain::event> event;
  domain::delivery_progress progress;
  /// Its place in the order of an ordered subscription. The same whenever it is sent.
  std::optional<std::uint64_t> sequence{};
};

struct pending_page {
  /// In the order of their due times, or by sequence.
  std::vector<pending_delivery> deliveries;
  /// The due time of the first pending delivery after the last one of this page; absent if there is
  /// none.
  std::optional<timestamp> next_due;
};

class queue_reader {
public:
  virtual ~queue_reader() = default;

  /// The first pending deliveries of a subscription that are due by `until`. Of an ordered one: the
  /// first by sequence, whenever they are due, unless the very first is due later: then none.
  virtual result<pending_page> page(const pending_query& wanted) = 0;

  /// Subscriptions with at least one delivery due after `after` and not later than `until`, each
  /// once, in ascending order. Only those of the given shards, all if the span is empty.
  virtual result<std::vector<subscription_number>> due_subscriptions(
      std::span<const shard_id> shards, timestamp after, timestamp until) = 0;
};

// -------------------------------------------------------------------------------- the catalogue

/// A position in a list, newest first: rows after this id follow.
struct page_request {
  std::size_t limit = 50;
  std::optional<domain::uuid> after;
};

template <class T>
struct page_of {
  std::vector<T> rows;
  /// Whether rows follow the last one.
  bool more = false;
};

/// What the bearer of a key may see: its organization, and one application of it or all.
struct tenant {
  domain::organization_id organization;
  std::optional<domain::application_id> application;

  /// Whether what belongs to an application of an organization is the tenant's.
  bool sees(const domain::organization_id& owner, const domain::application_id& part) const {
    return owner == organization && (!application || *application == part);
  }
};

/// That a client created something under an idempotency key.
struct creation {
  domain::organization_id organization;
  /// 16-byte hashes of the key with what was to be created, and of the request's body.
  domain::uuid key_hash;
  domain::uuid body_hash;
  domain::uuid resource;
  timestamp created_at;
  /// From then on the key is as if never used.
  timestamp expires_at;
};

/// Written with a change, in its transaction.
struct write_note {
  std::optional<domain::audit_entry> audit{};
  /// If its key is in use the change is not made: `ec::idempotency_conflict`.
  std::optional<persistence::creation> creation{};
};

/// A session whose changes can say who made them.
class annotated {
public:
  virtual ~annotated() = default;

  /// The next change that is committed takes the note with it. Replaces a note that none has taken.
  virtual void annotate(write_note note) = 0;
};

struct catalog_changes {
  /// The revision that the other members bring the reader up to.
  std::int64_t revision = 0;
  std::vector<std::shared_ptr<const domain::subscription>> changed;
  std::vector<subscription_number> deleted;
  /// All of them, changed or not.
  domain::priority_set paused_queues;
};

/// How many subscriptions have their secrets sealed with a key.
struct secret_key_use {
  /// As `domain::secret_box` has it; empty: the secrets are in plain.
  std::string key_id;
  std::size_t subscriptions = 0;
};

enum class reseal_scope : std::uint8_t {
  plain,  ///< what is in plain
  all,    ///< that, and what is sealed with another key than the current one
};

struct resealed_page {
  /// How many were looked at; fewer than were asked for: there are no more.
  std::size_t subscriptions = 0;
  std::size_t resealed = 0;
  /// The number of the last one.
  subscription_number last{};
};

/// Applications and subscriptions.
///
/// Every change of a subscription or an application raises the catalogue's revision by one, in the
/// same transaction. What is another tenant's is `ec::not_found`.
class catalog : public annotated {
public:
  /// Creates, in one transaction, the organization, its application of the same name, and the key,
  /// unless any organization exists.
  /// @returns whether it did.
  virtual result<bool> bootstrap(const domain::organization& organization,
                                 const domain::application& application,
                                 const domain::api_key& key) = 0;

  /// 64 hexadecimal digits, drawn when the store was made: the same on every node and after every
  /// start. Signs what clients hand back, such as cursors; worth nothing to whoever can read the
  /// store.
  virtual result<std::string> installation_key() = 0;

  /// Gives each organization that has none its system application. Safe to call from several nodes
  /// at once.
  ///
  /// @param new_id Called for each that is made.
  /// @returns how many were made.
  virtual result<std::size_t> ensure_system_applications(
      timestamp now, const std::function<domain::uuid()>& new_id) = 0;

  /// @returns `ec::conflict` if the organization has an application of that name.
  virtual result<void> insert_application(const domain::application& application) = 0;
  virtual result<domain::application> find_application(const tenant& tenant,
                                                       const domain::application_id& id) = 0;
  virtual result<domain::application> find_application_by_name(const tenant& tenant,
                                                               std::string_view name) = 0;
  virtual result<page_of<domain::application>> list_applications(const tenant& tenant,
                                                                 const page_request& page) = 0;
  /// Writes name, metadata, retention, strictness and `updated_at`.
  virtual result<void> update_application(const tenant& tenant,
                                          const domain::application& application) = 0;
  /// Deletes its subscriptions and event types, and revokes the keys that are bound to it. Its
  /// events and attempts stay until retention takes them, out of everybody's sight.
  /// @returns `ec::conflict` for a system application.
  virtual result<void> delete_application(const tenant& tenant, const domain::application_id& id,
                                          timestamp now) = 0;

  /// Deliveries of a priority are held while its queue is paused. Raises the revision.
  virtual result<void> set_queue_paused(domain::priority queue, bool paused) = 0;
  virtual result<domain::priority_set> paused_queues() = 0;

  /// Sets the number and the revision.
  ///
  /// @param organization_max How many its organization may have; 0: any number.
  /// @returns `ec::not_found` if the application does not exist (any more); `ec::quota_exceeded`.
  virtual result<domain::subscription> insert_subscription(domain::subscription subscription,
                                                           std::uint32_t organization_max = 0) = 0;
  virtual result<domain::subscription> find_subscription(const tenant& tenant,
                                                         const domain::subscription_id& id) = 0;
  /// Whoever's it is: for the actor of a subscription.
  virtual result<domain::subscription> find_subscription(subscription_number number) = 0;
  virtual result<page_of<domain::subscription>> list_subscriptions(const tenant& tenant,
                                                                   const page_request& page) = 0;
  /// Writes settings, secrets, `paused`, `disabled` and `updated_at`, if the row still has the
  /// revision that `subscription` carries, else `ec::conflict`. What is pending of one that becomes
  /// ordered gets its places in the order of the events' ids. The health of one that was disabled
  /// and is not any more is forgotten.
  /// @returns it with its new revision.
  virtual result<domain::subscription> update_subscription(domain::subscription subscription) = 0;
  /// Its pending deliveries become cancelled, in the same transaction.
  virtual result<void> delete_subscription(const tenant& tenant, const domain::subscription_id& id,
                                           timestamp now) = 0;

  /// Shows every subscription that is not deleted, in the order of their numbers.
  /// @returns the revision of the state that was shown.
  virtual result<std::int64_t> each_subscription(
      const std::function<void(const domain::subscription&)>& visit) = 0;

  /// With which keys the secrets of all subscriptions are sealed that are not deleted, in no order.
  virtual result<std::vector<secret_key_use>> secret_key_uses() = 0;

  /// Seals secrets with the store's current key, of the subscriptions whose numbers follow `after`.
  /// What somebody changes at the same time is left as they made it. No change of the catalogue:
  /// the revision stays.
  virtual result<resealed_page> reseal_secrets(reseal_scope scope, subscription_number after,
                                               std::size_t subscriptions_max) = 0;

  /// What changed after a revision.
  virtual result<catalog_changes> changes_since(std::int64_t revision) = 0;
};

// ------------------------------------------------------------------------------- the tenants

struct key_changes {
  /// That `keys` brings the reader up to.
  std::int64_t revision = 0;
  /// Those that were changed or revoked, or whose organization was changed.
  std::vector<domain::api_key_id> keys;
};

struct key_use {
  domain::api_key_id key;
  timestamp at;
};

/// Organizations and their API keys. What is another tenant's is `ec::not_found`, and a tenant that
/// is bound to an application has the keys of that one only.
///
/// Every change of a key raises the catalogue's revision by one, in the same transaction.
class tenants : public annotated {
public:
  /// With its first application, and its system application.
  /// @returns `ec::conflict` if there is one of that name.
  virtual result<void> insert_organization(const domain::organization& organization,
                                           const domain::application& first,
                                           const domain::application_id& system) = 0;
  virtual result<domain::organization> find_organization(const domain::organization_id& id) = 0;
  virtual result<page_of<domain::organization>> list_organizations(const page_request& page) = 0;
  /// Writes name, limits and `updated_at`; its keys count as changed.
  virtual result<void> update_organization(const domain::organization& organization) = 0;
  /// Deletes its applications, as `catalog::delete_application` does, and revokes its keys.
  /// @returns `ec::conflict` for the operator's.
  virtual result<void> delete_organization(const domain::organization_id& id, timestamp now) = 0;

  /// Those that are not revoked.
  virtual result<std::vector<domain::api_key>> find_api_keys(std::string_view lookup) = 0;
  /// @returns `ec::not_found` if its organization or its application does not exist.
  virtual result<void> insert_api_key(const domain::api_key& key) = 0;
  virtual result<domain::api_key> find_api_key(const tenant& tenant,
                                               const domain::api_key_id& id) = 0;
  virtual result<page_of<domain::api_key>> list_api_keys(const tenant& tenant,
                                                         const page_request& page) = 0;
  /// Writes name, lookup, hash and expiry.
  virtual result<void> update_api_key(const tenant& tenant, const domain::api_key& key) = 0;
  virtual result<void> revoke_api_key(const tenant& tenant, const domain::api_key_id& id,
                                      timestamp now) = 0;

  /// Of all tenants.
  virtual result<key_changes> changes_since(std::int64_t revision) = 0;
  /// Keys that were used later according to another report keep that time. No change of a key.
  virtual result<void> record_key_uses(std::span<const key_use> uses) = 0;
};

/// What an application says of the events that it takes.
struct registered_types {
  /// Only those that are registered are taken.
  bool strict = false;
  /// In the order of their names.
  std::vector<domain::event_type> types;
};

/// Types of events that applications registered. What is another tenant's is `ec::not_found`.
class event_types : public annotated {
public:
  /// @returns `ec::conflict` if the application has one of that name, `ec::not_found` if there is
  /// no such application, `ec::quota_exceeded` beyond `limits::event_types_max`.
  virtual result<void> insert(const domain::event_type& type) = 0;
  virtual result<domain::event_type> find(const tenant& tenant,
                                          const domain::event_type_id& id) = 0;
  virtual result<page_of<domain::event_type>> list(const tenant& tenant,
                                                   const page_request& page) = 0;
  /// Writes description, schema and `updated_at`.
  virtual result<void> update(const tenant& tenant, const domain::event_type& type) = 0;
  virtual result<void> remove(const tenant& tenant, const domain::event_type_id& id) = 0;

  virtual result<registered_types> of_application(const domain::application_id& application) = 0;
};

/// What was noted of the requests that changed something.
class request_log {
public:
  virtual ~request_log() = default;

  /// A tenant that is bound to an application sees what was done with keys that are bound to it.
  virtual result<page_of<domain::audit_entry>> list(const tenant& tenant,
                                                    const page_request& page) = 0;

  /// What was created under a key that has not expired: durable, on synchronous standbys as well.
  virtual result<std::optional<creation>> find_creation(const domain::organization_id& organization,
                                                        const domain::uuid& key_hash,
                                                        timestamp now) = 0;
};

// ------------------------------------------------------------------------------- the history

struct delivery_row {
  domain::delivery_id id;
  domain::subscription_id subscription;
  std::string event_type;
  domain::delivery_status status = domain::delivery_status::pending;
  std::uint32_t attempts = 0;
  timestamp created_at;
  /// Pending: when the next attempt is due. Otherwise absent.
  std::optional<timestamp> next_attempt_at;
  /// Not pending: when it ended.
  std::optional<timestamp> ended_at;
};

struct event_filter {
  std::optional<std::string> type;
  domain::labels labels;
  /// Bounds of `received_at`, both exclusive.
  std::optional<timestamp> after;
  std::optional<timestamp> before;
};

struct delivery_filter {
  std::optional<domain::delivery_status> status;
  std::optional<domain::subscription_id> subscription;
  std::optional<domain::event_id> event;
};

/// Counts by priority, over all tenants.
struct queue_depth {
  domain::priority priority{};
  std::uint64_t pending = 0;
  std::optional<timestamp> oldest_due;
};

/// Events, deliveries and attempts as clients ask for them, and what a person may do to a delivery.
/// What is another tenant's, or of an application that was deleted, is `ec::not_found`; what is of
/// a deleted subscription stays.
///
/// An event is expired when it is older than its application's retention, by the time in its id,
/// and has no pending delivery. With its deliveries and attempts it is then as if it were deleted,
/// whether or not `upkeep` has come to it, as far as the store was opened with a
/// `retention_clock`. One exception: of an old event that a pending delivery keeps, the deliveries
/// that have ended are in no list of deliveries but the event's own.
class history : public annotated {
public:
  /// Payloads are left empty, and so are the `state`s of traces.
  virtual result<page_of<domain::event>> list_events(const tenant& tenant,
                                                     const event_filter& filter,
                                                     const page_request& page) = 0;
  virtual result<domain::event> find_event(const tenant& tenant, const domain::event_id& id) = 0;

  /// A cursor is the delivery's id as a UUID.
  /// @returns `ec::not_found` if the filter names a subscription or an event that there is not;
  /// `ec::invalid_cursor` if the cursor names no delivery.
  virtual result<page_of<delivery_row>> list_deliveries(const tenant& tenant,
                                                        const delivery_filter& filter,
                                                        const page_request& page) = 0;
  virtual result<delivery_row> find_delivery(const tenant& tenant,
                                             const domain::delivery_id& id) = 0;
  /// In the order of their numbers.
  virtual result<std::vector<domain::attempt>> list_attempts(const tenant& tenant,
                                                             const domain::delivery_id& id) = 0;

  /// A delivery that is dead, cancelled or delivered becomes pending, due now, its schedule from
  /// the start, in its former place if its subscription is ordered. One that is pending becomes due
  /// now, unless it is due already.
  /// @returns `ec::conflict` if its subscription was deleted.
  virtual result<void> retry_delivery(const tenant& tenant, const domain::delivery_id& id,
                                      timestamp now) = 0;
  /// @returns `ec::conflict` unless it is pending.
  virtual result<void> cancel_delivery(const tenant& tenant, const domain::delivery_id& id,
                                       timestamp now) = 0;
  /// Retries every delivery of the event whose subscription still exists.
  /// @returns their subscriptions.
  virtual result<std::vector<subscription_number>> replay_event(const tenant& tenant,
                                                                const domain::event_id& id,
                                                                timestamp now) = 0;

  /// One for each priority, the highest first. Reads the whole queue: about 0.4 s per million
  /// pending deliveries, so callers keep the answer for a while.
  virtual result<std::vector<queue_depth>> queue_depths() = 0;

  /// How many deliveries of an organization are pending; stops to count at `counted_max`.
  virtual result<std::uint32_t> count_pending(const domain::organization_id& organization,
                                              std::uint32_t counted_max) = 0;
};

// -------------------------------------------------------------------------------- recoveries

/// Jobs that make what is dead pending again: a range of time of one subscription, a few deliveries
/// at a time, so that fresh ones are not held up. What has been done of one is committed with its
/// doing: after any failure it goes on where it stopped, and no delivery is made pending twice.
///
/// An event belongs to the time in its id. Events that are expired are left out. What is another
/// tenant's is `ec::not_found`; the recoveries of a deleted subscription stay.
class recoveries : public annotated {
public:
  /// Nothing is made pending while so many deliveries of the subscription are due.
  static constexpr std::size_t due_max = 1'000;

  /// Counts what is dead; `advance` does the rest. The bounds are cut to milliseconds.
  /// @returns `ec::conflict` if another one of the subscription is running; `ec::not_found` also if
  /// the subscription was deleted.
  virtual result<domain::recovery> create(const tenant& tenant,
                                          const domain::subscription_id& subscription,
                                          const domain::recovery_id& id,
                                          const domain::recovery_request& wanted,
                                          timestamp now) = 0;
  virtual result<domain::recovery> find(const tenant& tenant,
                                        const domain::subscription_id& subscription,
                                        const domain::recovery_id& id) = 0;
  /// Those of a subscription.
  virtual result<page_of<domain::recovery>> list(const tenant& tenant,
                                                 const domain::subscription_id& subscription,
                                                 const page_request& page) = 0;
  /// What it has made pending stays so.
  /// @returns `ec::conflict` unless it is running.
  virtual result<domain::recovery> cancel(const tenant& tenant,
                                          const domain::subscription_id& subscription,
                                          const domain::recovery_id& id, timestamp now) = 0;

  /// Whoever's they are: for the actor that advances them. In the order of their subscriptions.
  virtual result<std::vector<domain::recovery>> running() = 0;

  /// Makes the next deliveries pending, by the ids of their events, as `history::retry_delivery`
  /// does: at most `deliveries_max`, in one transaction. Fewer than that are the last, and the
  /// recovery is finished; if its subscription was deleted it is cancelled. The operational event
  /// that tells of its end is written in the same transaction, as it is by `cancel`. While
  /// `due_max` deliveries of the subscription are due, and once it has ended, nothing changes.
  ///
  /// @param deliveries_max At least 1.
  /// @returns how it stands.
  virtual result<domain::recovery> advance(const domain::recovery_id& id,
                                           std::size_t deliveries_max, timestamp now) = 0;
};

// ----------------------------------------------------------------------------------- upkeep

class upkeep {
public:
  virtual ~upkeep() = default;

  /// Makes room for the events of the coming days; to be called at least once a day.
  virtual result<void> prepare(timestamp now) = 0;

  /// Cancels what is pending for subscriptions that were deleted in the last minutes: an append
  /// that was under way then may have come after the deletion.
  /// @returns of how many subscriptions.
  virtual result<std::size_t> cancel_orphans(timestamp now) = 0;

  /// Deletes up to `rows_max` idempotency keys of events that expired by `now`.
  /// @returns how many it deleted.
  virtual result<std::size_t> purge_idempotency_keys(timestamp now, std::size_t rows_max) = 0;

  /// The same for those under which something was created.
  virtual result<std::size_t> purge_creations(timestamp now, std::size_t rows_max) = 0;

  /// Deletes up to `rows_max` entries of the audit log that were written before `until`.
  /// @returns how many it deleted.
  virtual result<std::size_t> purge_audit_entries(timestamp until, std::size_t rows_max) = 0;

  /// Deletes events that are older than their application's retention, by the time in their ids,
  /// and have no pending delivery, with their attempts: up to `events_max`, of each application the
  /// oldest first. An application that was deleted keeps its retention. A store that keeps events
  /// by the day (UTC) drops whole days instead, which are the first call's work, and only those
  /// that ended before the longest retention of all existing applications, or `default_retention`
  /// if that is longer, and on which nothing is pending; it answers 0.
  ///
  /// @param default_retention Of applications that have none of their own.
  /// @returns how many it deleted one by one. Successive calls of a session go through the events
  /// in rounds: one that deletes fewer than `events_max` ends a round.
  virtual result<std::size_t> purge_events(timestamp now, std::chrono::days default_retention,
                                           std::size_t events_max) = 0;
};

class store {
public:
  virtual ~store() = default;

  virtual std::unique_ptr<event_appender> open_event_appender() = 0;
  virtual std::unique_ptr<outcome_recorder> open_outcome_recorder() = 0;
  virtual std::unique_ptr<outbox> open_outbox() = 0;
  virtual std::unique_ptr<queue_reader> open_queue_reader() = 0;
  virtual std::unique_ptr<shard_ownership> open_shard_ownership() = 0;
  /// Null if no other process can share the store.
  virtual std::unique_ptr<membership> open_membership() = 0;
  virtual std::unique_ptr<catalog> open_catalog() = 0;
  virtual std::unique_ptr<tenants> open_tenants() = 0;
  virtual std::unique_ptr<event_types> open_event_types() = 0;
  virtual std::unique_ptr<request_log> open_request_log() = 0;
  virtual std::unique_ptr<history> open_history() = 0;
  virtual std::unique_ptr<recoveries> open_recoveries() = 0;
  virtual std::unique_ptr<upkeep> open_upkeep() = 0;

  /// Whether the store can be written at this moment; takes at most a second.
  virtual result<void> probe() = 0;
};

struct migration_report {
  std::int64_t from = 0;
  std::int64_t to = 0;
};

/// Whether a store's URL names a database server, which several processes may share: otherwise it
/// names a file.
bool is_server_url(std::string_view url);

/// A store's URL without what must not be shown: its user, password and parameters.
std::string to_display(const std::string& url);

/// By what a store knows which events are expired.
struct retention_clock {
  /// Thread-safe. Empty: nothing is out of sight before it is deleted.
  std::function<timestamp()> now;
  /// Of applications that have none of their own.
  std::chrono::days default_retention{};
};

/// Where a store lets itself be interrupted.
enum class store_moment : std::uint8_t {
  transaction,    ///< one is about to begin, on whatever session
  shards_claimed  ///< every shard has its new owner; not yet committed
};

/// Told of each moment on the session's thread; may block. What it returns instead of nothing is
/// the call's answer.
using store_interruption = std::function<result<void>(store_moment)>;

struct store_options {
  /// `sqlite:<file>`, or `postgresql://...` as libpq has it.
  std::string url;
  /// Replicas of a PostgreSQL server, which answer lists in turn, and may be a little behind.
  std::vector<std::string> read_urls;
  /// Open a PostgreSQL server although it may lose what it has committed.
  bool accept_data_loss = false;
  retention_clock retention{};
  /// Seals the secrets of subscriptions, bound to their ids. Without a key they are written in
  /// plain; what was written in plain is read in any case. Secrets that the box does not open are
  /// `ec::store_unavailable`.
  domain::secret_box secrets{};
  /// Thread-safe. Empty: nothing interrupts.
  store_interruption interruption{};
};

/// Opens a store, which must have the schema of this version, or a newer one that serves it.
/// @returns `ec::invalid_value` for a URL it does not know, `ec::schema_newer`,
/// `ec::store_unavailable`.
result<std::unique_ptr<store>> open_store(const store_options& options);
result<std::unique_ptr<store>> open_store(const std::string& url);

/// Brings the store's schema to this version; creates it if there is none. One that is newer and
/// serves this version stays as it is. Safe to run from several processes at once.
result<migration_report> migrate_store(const std::string& url);

}  // namespace talaria::persistence
