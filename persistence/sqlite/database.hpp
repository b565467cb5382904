#pragma once

#include "persistence/sql/access.hpp"
#include "persistence/sqlite/connector.hpp"
#include "persistence/sqlite/write_turn.hpp"

#include <memory>
#include <mutex>
#include <utility>

namespace talaria::persistence::sqlite {

/// The file as all sessions of a store share it.
///
/// SQLite has one writer at a time. All writers of the process use one connection in turn: a second
/// one would throw away its cache whenever the first has written, and would sleep where it can be
/// called. Readers have connections of their own, and see the last commit without waiting.
class database {
public:
  explicit database(settings settings) : settings_{std::move(settings)} {}

  /// A way to it for one session of the store. The database must outlive it.
  std::unique_ptr<sql::access> open_access();

  /// Writes one row, durably, unless others keep it waiting for about a second.
  domain::result<void> probe();

private:
  class access;

  /// For the turn, and then for writers of other processes.
  static constexpr std::chrono::milliseconds probe_wait_max{400};

  const settings settings_;
  write_turn turn_;
  connector connector_{settings_};
  connector writer_connector_{settings_, writer_cache_kib};
  connector prober_connector_{settings_, reader_cache_kib, probe_wait_max};
  sql::connection writer_{writer_connector_};
  sql::connection prober_{prober_connector_};
};

}  // namespace talaria::persistence::sqlite
