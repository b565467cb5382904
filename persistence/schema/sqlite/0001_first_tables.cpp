#include "persistence/schema/migration.hpp"

#include <array>

// Ids are blobs of 16 bytes, times microseconds since 1970. Whole numbers are BIGINT, never
// INTEGER: SOCI reads the latter as 32 bits where it is not told otherwise.
namespace talaria::persistence::schema::sqlite {

namespace {

constexpr std::array<std::string_view, 27> statements{

    // The catalogue. Rows are marked as deleted, not removed: readers of the changes learn of it,
    // and a subscription's number is never given again.

    R"(create table catalog_revision(
         id bigint not null primary key check(id = 1),
         revision bigint not null) without rowid)",
    "insert into catalog_revision values(1, 0)",

    R"(create table organizations(
         id blob not null primary key,
         name text not null,
         created_us bigint not null) without rowid)",

    R"(create table applications(
         id blob not null primary key,
         organization_id blob not null,
         name text not null,
         metadata text not null,
         created_us bigint not null,
         updated_us bigint not null,
         deleted_us bigint) without rowid)",
    R"(create unique index applications_by_name on applications(organization_id, name)
         where deleted_us is null)",
    "create index applications_by_organization on applications(organization_id, id)",

    R"(create table api_keys(
         id blob not null primary key,
         organization_id blob not null,
         application_id blob,
         name text not null,
         lookup text not null,
         hash text not null,
         scopes bigint not null,
         created_us bigint not null,
         expires_us bigint) without rowid)",
    "create index api_keys_by_lookup on api_keys(lookup)",

    R"(create table subscriptions(
         number integer primary key autoincrement,
         id blob not null unique,
         organization_id blob not null,
         application_id blob not null,
         settings text not null,  -- JSON
         secrets text not null,   -- JSON
         paused bigint not null,
         disabled bigint not null,
         created_us bigint not null,
         updated_us bigint not null,
         revision bigint not null,
         deleted_us bigint))",
    "create index subscriptions_by_organization on subscriptions(organization_id, id)",
    "create index subscriptions_by_application on subscriptions(application_id, id)",
    "create index subscriptions_by_revision on subscriptions(revision)",

    // Events. The payload comes last: what stands before it is read without its overflow pages.

    R"(create table events(
         id blob not null primary key,
         application_id blob not null,
         event_type text not null,
         labels text not null,   -- a JSON object
         occurred_us bigint not null,
         received_us bigint not null,
         priority bigint not null,
         fan_out text not null,  -- a JSON array of subscription numbers
         payload blob not null))",
    "create index events_by_application on events(application_id, id)",

    R"(create table idempotency_keys(
         application_id blob not null,
         key_hash blob not null,
         body_hash blob not null,
         event_id blob not null,
         expires_us bigint not null,
         primary key(application_id, key_hash)) without rowid)",
    "create index idempotency_keys_by_expiry on idempotency_keys(expires_us)",

    // Deliveries. One that is pending has a row in the queue; one that is not has exactly one
    // attempt whose status says how it ended.

    R"(create table delivery_queue(
         subscription bigint not null,
         event_id blob not null,
         shard bigint not null,
         due_us bigint not null,
         attempts bigint not null,
         run_attempts bigint not null,
         priority bigint not null,
         primary key(subscription, event_id)) without rowid)",
    "create index delivery_queue_by_due on delivery_queue(subscription, due_us, event_id)",
    // Led by the time, which rises: new rows go to one end of it, and a sweep reads what came due.
    "create index delivery_queue_sweep on delivery_queue(due_us, shard)",

    // `status` is what the attempt made of its delivery: 0 pending (a retry followed), 1 delivered,
    // 2 dead, 3 cancelled. The last is not an attempt but the mark of a cancellation, under the
    // number that the next attempt would have had.
    R"(create table attempts(
         event_id blob not null,
         subscription bigint not null,
         number bigint not null,
         started_us bigint not null,
         duration_ms bigint not null,
         status_code bigint not null,
         error bigint not null,
         status bigint not null,
         next_due_us bigint,
         node text not null,
         response_body text not null,
         primary key(event_id, subscription, number)) without rowid)",
    R"(create index attempts_by_outcome on attempts(subscription, status, event_id)
         where status <> 0)",

    // Ownership.

    R"(create table shards(
         id bigint not null primary key,
         owner text not null,
         epoch bigint not null) without rowid)",
    R"(with recursive numbers(n) as (select 0 union all select n + 1 from numbers where n < 4095)
       insert into shards select n, '', 0 from numbers)",

    // Drawn once; see `catalog::installation_key`.

    "create table installation(key text not null)",
    "insert into installation values(lower(hex(randomblob(32))))",

    // What the probe writes.

    R"(create table probes(
         id bigint not null primary key check(id = 1),
         count bigint not null) without rowid)",
    "insert into probes values(1, 0)",
};

}  // namespace

extern const migration first_tables;
const migration first_tables{1, "first tables", statements};

}  // namespace talaria::persistence::schema::sqlite
