#pragma once

#include "persistence/sqlite/connection.hpp"
#include "persistence/sqlite/write_turn.hpp"

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

  const settings& opened_with() const { return settings_; }

  template <class Statements, class Work>
  auto write(Work&& work) {
    const std::lock_guard turn{turn_};
    return in_transaction<Statements>(writer_, "begin immediate", work);
  }

  /// Writes one row, durably, unless others keep it waiting for about a second.
  domain::result<void> probe();

private:
  /// For the turn, and then for writers of other processes.
  static constexpr std::chrono::milliseconds probe_wait_max{400};

  const settings settings_;
  write_turn turn_;
  connection writer_{settings_};
  connection prober_{settings_, probe_wait_max};
};

}  // namespace talaria::persistence::sqlite
