#include "persistence/schema/migration.hpp"

#include <array>

// Times are microseconds since 1970. Events and attempts are partitioned by the day in the event's
// id, a UUIDv7; their partitions are made and dropped by persistence/postgres/partitions.
namespace talaria::persistence::schema::postgres {

namespace {

constexpr auto statements = std::to_array<std::string_view>({

    // The catalogue. Rows are marked as deleted, not removed: readers of the changes learn of it,
    // and a subscription's number is never given again.

    R"(create table catalog_revision(
         id smallint primary key check(id = 1),
         revision bigint not null) with (fillfactor = 10))",
    "insert into catalog_revision values(1, 0)",

    R"(create table organizations(
         id uuid primary key,
         name text not null,
         created_us bigint not null))",

    R"(create table applications(
         id uuid primary key,
         organization_id uuid not null,
         name text not null,
         metadata text not null,
         created_us bigint not null,
         updated_us bigint not null,
         deleted_us bigint))",
    R"(create unique index applications_by_name on applications(organization_id, name)
         where deleted_us is null)",
    "create index applications_by_organization on applications(organization_id, id)",

    R"(create table api_keys(
         id uuid primary key,
         organization_id uuid not null,
         application_id uuid,
         name text not null,
         lookup text not null,
         hash text not null,
         scopes integer not null,
         created_us bigint not null,
         expires_us bigint))",
    "create index api_keys_by_lookup on api_keys(lookup)",

    R"(create table subscriptions(
         number bigint primary key generated always as identity,
         id uuid not null unique,
         organization_id uuid not null,
         application_id uuid not null,
         settings text not null,  -- JSON
         secrets text not null,   -- JSON
         paused smallint not null,
         disabled smallint not null,
         created_us bigint not null,
         updated_us bigint not null,
         revision bigint not null,
         deleted_us bigint))",
    "create index subscriptions_by_organization on subscriptions(organization_id, id)",
    "create index subscriptions_by_application on subscriptions(application_id, id)",
    "create index subscriptions_by_revision on subscriptions(revision)",

    // Events. A payload is JSON text or a Zstandard frame of it, so PostgreSQL is not to compress
    // it once more.

    R"(create table events(
         id uuid primary key,
         application_id uuid not null,
         received_us bigint not null,
         occurred_us bigint not null,
         priority smallint not null,
         event_type text not null,
         labels text not null,     -- a JSON object
         fan_out integer[] not null,  -- subscription numbers
         payload bytea not null) partition by range(id))",
    "alter table events alter payload set storage external",
    "create index events_by_application on events(application_id, id)",
    R"(create index events_by_label on events using gin((labels::jsonb) jsonb_path_ops)
         where labels <> '{}')",

    // Not partitioned: a key is unique whichever day its event is of.
    R"(create table idempotency_keys(
         application_id uuid not null,
         key_hash uuid not null,
         body_hash uuid not null,
         event_id uuid not null,
         used_us bigint not null,
         expires_us bigint not null,
         primary key(application_id, key_hash)))",
    "create index idempotency_keys_by_expiry on idempotency_keys(expires_us)",

    // Deliveries. One that is pending has a row in the queue; one that is not has exactly one
    // attempt whose status says how it ended. Rows of the queue come and go all the time: it is
    // vacuumed by their number, not by their part of the table.

    R"(create table delivery_queue(
         subscription integer not null,
         event_id uuid not null,
         due_us bigint not null,
         shard smallint not null,
         priority smallint not null,
         attempts integer not null,
         run_attempts integer not null,
         primary key(subscription, event_id))
       with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000,
             autovacuum_vacuum_insert_scale_factor = 0,
             autovacuum_vacuum_insert_threshold = 200000,
             autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 50000,
             autovacuum_vacuum_cost_delay = 0))",
    "create index delivery_queue_by_due on delivery_queue(subscription, due_us, event_id)",
    // Led by the time, which rises: new rows go to one end of it, and a sweep reads what came due.
    "create index delivery_queue_sweep on delivery_queue(due_us, shard)",

    // `status` is what the attempt made of its delivery: 0 pending (a retry followed), 1 delivered,
    // 2 dead, 3 cancelled. The last is not an attempt but the mark of a cancellation, under the
    // number that the next attempt would have had.
    R"(create table attempts(
         event_id uuid not null,
         subscription integer not null,
         number integer not null,
         duration_ms bigint not null,
         started_us bigint not null,
         next_due_us bigint,
         status_code smallint not null,
         error smallint not null,
         status smallint not null,
         node text not null,
         response_body text not null,
         primary key(event_id, subscription, number)) partition by range(event_id))",
    R"(create index attempts_by_outcome on attempts(subscription, status, event_id)
         where status <> 0)",

    // Ownership. A writer of outcomes has a lane, whose row it holds while it writes: whoever takes
    // its shards over ends the lane first, and so waits for what is being written.

    R"(create table shards(
         id smallint primary key,
         owner text not null,
         epoch bigint not null) with (fillfactor = 50))",
    "insert into shards select n, '', 0 from generate_series(0, 4095) n",
    R"(create table lanes(
         incarnation text not null,
         lane integer not null,
         alive boolean not null default true,
         primary key(incarnation, lane)) with (fillfactor = 10))",

    // Drawn once; see `catalog::installation_key`.

    "create table installation(key text not null)",
    R"(insert into installation values(
         replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '')))",

    // What the probe writes.

    R"(create table probes(
         id smallint primary key check(id = 1),
         count bigint not null) with (fillfactor = 10))",
    "insert into probes values(1, 0)",
});

}  // namespace

extern const migration first_tables;
const migration first_tables{1, "first tables", statements};

}  // namespace talaria::persistence::schema::postgres
