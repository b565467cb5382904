#pragma once

#include "persistence/session.hpp"

#include <chrono>
#include <cstddef>

namespace talaria::persistence {

class upkeep {
public:
  virtual ~upkeep() = default;

  /// Makes room for the events of the coming days; to be called at least once a day.
  virtual result<void> prepare(timestamp now) = 0;

  /// Cancels what is pending for subscriptions that were deleted in the last minutes: an append
  /// that was under way then may have come after the deletion.
  /// @returns of how many subscriptions.
  virtual result<std::size_t> cancel_orphans(timestamp now) = 0;

  /// Deletes up to `rows_max` idempotency keys of events that expired by `now`.
  /// @returns how many it deleted.
  virtual result<std::size_t> purge_idempotency_keys(timestamp now, std::size_t rows_max) = 0;

  /// The same for those under which something was created.
  virtual result<std::size_t> purge_creations(timestamp now, std::size_t rows_max) = 0;

  /// Deletes up to `rows_max` entries of the audit log that were written before `until`.
  /// @returns how many it deleted.
  virtual result<std::size_t> purge_audit_entries(timestamp until, std::size_t rows_max) = 0;

  /// Deletes events that are older than their application's retention, by the time in their ids,
  /// and have no pending delivery, with their attempts: up to `events_max`, of each application the
  /// oldest first. An application that was deleted keeps its retention. A store that keeps events
  /// by the day (UTC) drops whole days instead, which are the first call's work, and only those
  /// that ended before the longest retention of all existing applications, or `default_retention`
  /// if that is longer, and on which nothing is pending; it answers 0.
  ///
  /// @param default_retention Of applications that have none of their own.
  /// @returns how many it deleted one by one. Successive calls of a session go through the events
  /// in rounds: one that deletes fewer than `events_max` ends a round.
  virtual result<std::size_t> purge_events(timestamp now, std::chrono::days default_retention,
                                           std::size_t events_max) = 0;
};

}  // namespace talaria::persistence
