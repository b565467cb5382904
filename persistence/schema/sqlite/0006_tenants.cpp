#include "persistence/schema/migration.hpp"

#include <array>

namespace talaria::persistence::schema::sqlite {

namespace {

constexpr auto statements = std::to_array<std::string_view>({
    "alter table organizations add column updated_us bigint not null default 0",
    "update organizations set updated_us = created_us",
    "alter table organizations add column deleted_us bigint",
    "alter table organizations add column is_operator bigint not null default 0",
    R"(update organizations set is_operator = 1
       where id = (select id from organizations order by id limit 1))",
    // Absent: the limits of the configuration.
    "alter table organizations add column requests_per_minute bigint",
    "alter table organizations add column events_per_second bigint",
    "alter table organizations add column subscriptions_max bigint",
    "alter table organizations add column pending_deliveries_max bigint",
    "create unique index organizations_by_name on organizations(name) where deleted_us is null",

    // Revoked keys stay: nodes that remember them learn of it by the revision.
    "alter table api_keys add column last_used_us bigint",
    "alter table api_keys add column revision bigint not null default 0",
    "alter table api_keys add column revoked_us bigint",
    "create index api_keys_by_revision on api_keys(revision)",
    "create index api_keys_by_organization on api_keys(organization_id, id)",

    "alter table applications add column strict_event_types bigint not null default 0",
    R"(create table event_types(
         id blob not null primary key,
         organization_id blob not null,
         application_id blob not null,
         name text not null,
         description text not null,
         schema text not null,  -- JSON, or empty
         created_us bigint not null,
         updated_us bigint not null))",
    "create unique index event_types_by_name on event_types(application_id, name)",
    "create index event_types_by_application on event_types(application_id, id)",
    "create index event_types_by_organization on event_types(organization_id, id)",

    R"(create table audit_entries(
         id blob not null primary key,
         organization_id blob not null,
         application_id blob,
         api_key_id blob not null,
         api_key_name text not null,
         method text not null,
         route text not null,
         resource text not null,
         request_id text not null,
         client_address text not null,
         at_us bigint not null))",
    "create index audit_entries_by_organization on audit_entries(organization_id, id)",
    "create index audit_entries_by_application on audit_entries(application_id, id)",

    // What was created under idempotency keys.
    R"(create table creations(
         organization_id blob not null,
         key_hash blob not null,
         body_hash blob not null,
         resource_id blob not null,
         expires_us bigint not null,
         primary key(organization_id, key_hash)))",
    "create index creations_by_expiry on creations(expires_us)",
});

}  // namespace

extern const migration tenants;
const migration tenants{6, "tenants", statements};

}  // namespace talaria::persistence::schema::sqlite
