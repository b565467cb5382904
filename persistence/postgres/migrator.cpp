#include "persistence/postgres/migrator.hpp"

#include "persistence/postgres/conninfo.hpp"
#include "persistence/postgres/locks.hpp"
#include "persistence/schema/postgres/migrations.hpp"
#include "persistence/sql/statement.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace talaria::persistence::postgres {

namespace {

using domain::ec;
using domain::fail;

/// A migration may have to wait for another one, or rewrite a table.
constexpr std::chrono::hours migration_max{1};

constexpr int server_version_min = 150'000;

constexpr auto begin_check = "begin";

struct migration_statements {
  explicit migration_statements(const sql::open_session& open) : open{open} {}

  sql::open_session open;

  sql::query<sql::row<bool>()> has_schema{open,
                                          "select to_regclass('schema_migrations') is not null"};
  sql::query<sql::row<std::string>(std::string)> setting{
      open, "select setting from pg_settings where name = :name"};
  sql::query<sql::row<bool>()> is_replica{open, "select pg_is_in_recovery()"};
};

std::int64_t newest_version() {
  return schema::postgres::migrations().back().version;
}

/// A step that is not known has come after the one that brought the column `serves_since`.
schema::applied_schema find_schema(migration_statements& sql) {
  schema::applied_schema found;
  if (!sql.has_schema.value())
    return found;
  sql::query<sql::row<std::int64_t>()> version{
      sql.open, "select coalesce(max(version), 0) from schema_migrations"};
  found.version = version.value();
  if (found.version <= newest_version())
    return found;
  sql::query<sql::row<std::int64_t>(std::int64_t)> serves_since{sql.open, R"(
      select max(coalesce(serves_since, version)) from schema_migrations where version > :known)"};
  found.serves_since = std::get<0>(serves_since.first(newest_version()).value());
  return found;
}

void apply(migration_statements& sql, const schema::migration& migration) {
  for (const auto statement : migration.statements)
    execute(sql.open.session, std::string{statement});
  sql::command<std::int64_t, std::string> note{sql.open, R"(
      insert into schema_migrations(version, name, applied_us)
      values(:version, :name, (extract(epoch from now()) * 1000000)::bigint))"};
  note(migration.version, std::string{migration.name});
  if (!migration.serves_since)
    return;
  sql::command<std::int64_t, std::int64_t> note_served{sql.open, R"(
      update schema_migrations set serves_since = :serves_since where version = :version)"};
  note_served(*migration.serves_since, migration.version);
}

/// What a server must be whatever it is configured for.
result<void> require_suitable(migration_statements& sql) {
  if (std::stoi(std::get<0>(sql.setting.first("server_version_num").value())) < server_version_min)
    return fail(ec::store_unavailable, "PostgreSQL 15 or later is needed");
  if (std::get<0>(sql.setting.first("server_encoding").value()) != "UTF8")
    return fail(ec::store_unavailable,
                "the database must have the encoding UTF8: create it with encoding 'UTF8'");
  if (sql.is_replica.value())
    return fail(ec::store_unavailable,
                "this PostgreSQL server is a replica, which cannot be written: store.url names the "
                "primary, store.read_urls its replicas");
  return {};
}

result<migration_report> migrate_to_newest(migration_statements& sql) {
  if (auto suitable = require_suitable(sql); !suitable)
    return tl::unexpected(suitable.error());
  execute(sql.open.session,
          "create table if not exists schema_migrations("
          "version bigint primary key, name text not null, applied_us bigint not null)");
  const auto from = find_schema(sql);
  if (auto served = schema::require_served(from, newest_version()); !served)
    return tl::unexpected(served.error());
  for (const auto& migration : schema::postgres::migrations()) {
    if (migration.version > from.version)
      apply(sql, migration);
  }
  return migration_report{from.version, std::max(from.version, newest_version())};
}

struct durability_setting {
  std::string_view name;
  std::string_view risk;
};

constexpr std::array<durability_setting, 3> durability_settings{{
    {"fsync", "a crash of its machine can lose or damage everything"},
    {"full_page_writes", "a crash of its machine can damage pages that were half written"},
    {"synchronous_commit", "a crash of the server loses events that were acknowledged"},
}};

}  // namespace

result<migration_report> migrate(const std::string& url) {
  auto conninfo = to_conninfo(url, {migration_max, migration_max});
  if (!conninfo)
    return tl::unexpected(conninfo.error());
  stall_guard guard;
  connector connector{*std::move(conninfo), migration_max, guard, nullptr};
  sql::connection connection{connector};
  return sql::in_transaction<migration_statements>(connection, begin_migration, migrate_to_newest);
}

result<void> require_current_schema(database& database) {
  sql::connection connection{database.patient()};
  const auto check = [](migration_statements& sql) -> result<void> {
    if (auto current = schema::require_current(find_schema(sql), newest_version()); !current)
      return current;
    return require_suitable(sql);
  };
  return sql::in_transaction<migration_statements>(connection, begin_check, check);
}

result<void> require_durability(database& database) {
  sql::connection connection{database.patient()};
  const auto check = [](migration_statements& sql) -> result<void> {
    for (const auto& [name, risk] : durability_settings) {
      if (std::get<0>(sql.setting.first(std::string{name}).value()) == "off")
        return fail(ec::store_unavailable,
                    fmt::format("PostgreSQL has {0} = off: {1}. Turn {0} on, or accept that by "
                                "store.accept_data_loss = true",
                                name, risk));
    }
    return {};
  };
  return sql::in_transaction<migration_statements>(connection, begin_check, check);
}

}  // namespace talaria::persistence::postgres
