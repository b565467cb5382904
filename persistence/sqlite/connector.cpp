#include "persistence/sqlite/connector.hpp"

#include <fmt/format.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <filesystem>

namespace talaria::persistence::sqlite {

namespace {

using domain::ec;

/// 16 MiB of log between two checkpoints: fewer of them, and a quick start after a crash.
constexpr int checkpoint_pages = 4000;
constexpr int log_bytes_kept = 64 * 1024 * 1024;

ec code_of(int sqlite_result) {
  switch (sqlite_result & 0xFF) {
    case SQLITE_FULL:
      return ec::store_full;
    case SQLITE_CONSTRAINT:
      return ec::conflict;
    default:
      return ec::store_unavailable;
  }
}

void configure(soci::session& session, const settings& settings, int cache_kib,
               std::chrono::milliseconds busy_timeout) {
  // First, since all others may meet another process that holds a lock: SOCI's own connection
  // parameters come in the wrong order.
  session << fmt::format("pragma busy_timeout = {}", busy_timeout.count());
  // A commit is on disk when it returns.
  session << "pragma synchronous = full";
  session << fmt::format("pragma cache_size = -{}", cache_kib);
  session << fmt::format("pragma wal_autocheckpoint = {}", checkpoint_pages);
  session << fmt::format("pragma journal_size_limit = {}", log_bytes_kept);
  // Debian's SQLite overwrites what is deleted, at the price of more pages written; this keeps the
  // overwriting where a page is written anyway.
  session << "pragma secure_delete = fast";
  if (settings.pages_max)
    session << fmt::format("pragma max_page_count = {}", *settings.pages_max);
}

}  // namespace

sql::diagnosis connector::diagnose(const soci::soci_error& failure, soci::session* /*session*/) {
  // Not what(): it holds every bound value.
  const auto* sqlite = dynamic_cast<const soci::sqlite3_soci_error*>(&failure);
  const auto code = sqlite != nullptr ? code_of(sqlite->result()) : ec::store_unavailable;
  return {.error = {code, fmt::format("SQLite: {}", failure.get_error_message()), {}}};
}

std::unique_ptr<soci::session> connector::open() {
  // SQLite would make an empty file, and so turn a mistake in a path into a database without
  // tables.
  if (!std::filesystem::exists(settings_.file))
    throw soci::soci_error(fmt::format("there is no file {}", settings_.file));
  auto session =
      std::make_unique<soci::session>("sqlite3", fmt::format("dbname=\"{}\"", settings_.file));
  configure(*session, settings_, cache_kib_, busy_timeout_);
  return session;
}

}  // namespace talaria::persistence::sqlite
