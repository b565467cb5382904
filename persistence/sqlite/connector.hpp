#pragma once

#include "persistence/sql/connection.hpp"
#include "persistence/sqlite/dialect.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace talaria::persistence::sqlite {

struct settings {
  std::string file;
  /// A bound of the file's size, in pages of 4 KiB; past it writes answer `ec::store_full`, as they
  /// do on a full disk.
  std::optional<std::int64_t> pages_max;
  store_interruption interruption{};
};

/// How long a statement waits for a writer of another process.
inline constexpr std::chrono::milliseconds busy_timeout{5000};

/// There are many readers, each with a cache of its own, above the one that the system has.
inline constexpr int reader_cache_kib = 2 * 1024;
inline constexpr int writer_cache_kib = 16 * 1024;

/// Opens connections to a database file. A session that failed is given up: SQLite's own state
/// after a failure depends on what failed.
class connector : public sql::connector {
public:
  /// @param cache_kib Memory that each connection may keep pages in.
  explicit connector(const settings& settings, int cache_kib = reader_cache_kib,
                     std::chrono::milliseconds timeout = busy_timeout)
      : settings_{settings}, cache_kib_{cache_kib}, busy_timeout_{timeout} {}

  const sql::dialect& speaks() const override { return dialect_; }
  domain::result<void> admit() override {
    return sql::interrupt(settings_.interruption, store_moment::transaction);
  }
  std::unique_ptr<soci::session> open() override;
  sql::diagnosis diagnose(const soci::soci_error& failure, soci::session* session) override;

private:
  const settings& settings_;
  const int cache_kib_;
  const std::chrono::milliseconds busy_timeout_;
  dialect dialect_;
};

}  // namespace talaria::persistence::sqlite
