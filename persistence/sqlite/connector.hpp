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
};

/// How long a statement waits for a writer of another process.
inline constexpr std::chrono::milliseconds busy_timeout{5000};

/// Opens connections to a database file. A session that failed is given up: SQLite's own state
/// after a failure depends on what failed.
class connector : public sql::connector {
public:
  explicit connector(const settings& settings, std::chrono::milliseconds timeout = busy_timeout)
      : settings_{settings}, busy_timeout_{timeout} {}

  const sql::dialect& speaks() const override { return dialect_; }
  std::unique_ptr<soci::session> open() override;
  sql::diagnosis diagnose(const soci::soci_error& failure, soci::session* session) override;

private:
  const settings& settings_;
  const std::chrono::milliseconds busy_timeout_;
  dialect dialect_;
};

}  // namespace talaria::persistence::sqlite
