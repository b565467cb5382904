#include "persistence/sqlite/migrator.hpp"

#include "persistence/schema/sqlite/migrations.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <soci/sqlite3/soci-sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <system_error>
#include <thread>

namespace talaria::persistence::sqlite {

namespace {

using domain::ec;
using domain::fail;

constexpr std::chrono::seconds journal_mode_patience{5};
constexpr std::chrono::milliseconds journal_mode_pause{10};

/// For statements that run once.
struct unprepared {
  explicit unprepared(const sql::open_session& open) : session{open.session} {}
  soci::session& session;
};

std::int64_t newest_version() {
  return schema::sqlite::migrations().back().version;
}

/// A step that is not known has come after the one that brought the column `serves_since`.
schema::applied_schema find_schema(soci::session& session) {
  int tables = 0;
  session << "select count(*) from sqlite_master where type = 'table' and "
             "name = 'schema_migrations'",
      soci::into(tables);
  schema::applied_schema found;
  if (tables == 0)
    return found;
  long long version = 0;
  session << "select coalesce(max(version), 0) from schema_migrations", soci::into(version);
  found.version = version;
  if (found.version <= newest_version())
    return found;
  const long long known = newest_version();
  long long serves_since = 0;
  session << "select max(coalesce(serves_since, version)) from schema_migrations "
             "where version > :known",
      soci::use(known), soci::into(serves_since);
  found.serves_since = serves_since;
  return found;
}

void apply(soci::session& session, const schema::migration& migration) {
  for (const auto statement : migration.statements)
    session << statement;
  // Named, all that is bound: SOCI executes when the temporaries of the expression are gone.
  const std::string name{migration.name};
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const long long applied_us = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
  session << "insert into schema_migrations(version, name, applied_us) "
             "values(:version, :name, :applied)",
      soci::use(migration.version), soci::use(name), soci::use(applied_us);
  if (migration.serves_since)
    session << "update schema_migrations set serves_since = :serves_since where version = :version",
        soci::use(*migration.serves_since), soci::use(migration.version);
}

/// Applies the migration that follows the file's version, in a transaction of its own. A process
/// that waited for the lock meanwhile finds it applied, and goes on with the next.
///
/// @returns the version that the file had.
result<std::int64_t> migrate_one_step(sql::connection& connection) {
  const auto step = [](unprepared& sql) -> result<std::int64_t> {
    sql.session << "create table if not exists schema_migrations("
                   "version bigint not null primary key, name text not null, "
                   "applied_us bigint not null) without rowid";
    const auto found = find_schema(sql.session);
    if (auto served = schema::require_served(found, newest_version()); !served)
      return tl::unexpected(served.error());
    if (found.version < newest_version())
      apply(sql.session, schema::sqlite::migrations()[static_cast<std::size_t>(found.version)]);
    return found.version;
  };
  return sql::in_transaction<unprepared>(connection, "begin immediate", step);
}

/// For the owner alone, since signing secrets will be in it; SQLite's other files copy its mode.
result<void> create_file(const std::string& file) {
  constexpr auto owner_only = 0600;
  const int descriptor = ::open(file.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, owner_only);
  if (descriptor < 0) {
    const std::error_code failure{errno, std::generic_category()};
    return fail(ec::store_unavailable, fmt::format("{}: {}", file, failure.message()));
  }
  ::close(descriptor);
  return {};
}

bool is_busy(const soci::soci_error& failure) {
  const auto* sqlite = dynamic_cast<const soci::sqlite3_soci_error*>(&failure);
  return sqlite != nullptr && (sqlite->result() & 0xFF) == SQLITE_BUSY;
}

/// The file remembers its journal mode, so this is done once.
///
/// The change needs the file for itself and, where two processes want that at once, SQLite refuses
/// one of them without waiting: it tries again here, for as long as a statement would have waited.
result<void> use_write_ahead_log(sql::connection& connection) {
  const auto give_up = std::chrono::steady_clock::now() + journal_mode_patience;
  while (true) {
    try {
      std::string mode;
      connection.session() << "pragma journal_mode = wal", soci::into(mode);
      if (mode != "wal")
        return fail(ec::store_unavailable, "SQLite: this file cannot have a write-ahead log");
      return {};
    } catch (const soci::soci_error& failure) {
      const auto found = connection.recover(failure);
      if (!is_busy(failure) || std::chrono::steady_clock::now() >= give_up)
        return tl::unexpected(found.error);
      std::this_thread::sleep_for(journal_mode_pause);
    }
  }
}

}  // namespace

result<migration_report> migrate(const settings& settings) {
  if (auto created = create_file(settings.file); !created)
    return tl::unexpected(created.error());
  connector connector{settings};
  sql::connection connection{connector};
  if (auto logged = use_write_ahead_log(connection); !logged)
    return tl::unexpected(logged.error());
  const auto from = migrate_one_step(connection);
  auto version = from;
  while (version && *version < newest_version())
    version = migrate_one_step(connection);
  if (!version)
    return tl::unexpected(version.error());
  return migration_report{*from, std::max(*version, newest_version())};
}

result<void> require_current_schema(const settings& settings) {
  if (!std::filesystem::exists(settings.file))
    return fail(ec::store_unavailable,
                fmt::format("there is no database {}: run `talaria migrate`", settings.file));
  connector connector{settings};
  sql::connection connection{connector};
  const auto check = [](unprepared& sql) -> result<void> {
    return schema::require_current(find_schema(sql.session), newest_version());
  };
  return sql::in_transaction<unprepared>(connection, "begin", check);
}

}  // namespace talaria::persistence::sqlite
