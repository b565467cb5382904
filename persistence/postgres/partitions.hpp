#pragma once

#include "domain/id.hpp"
#include "persistence/sql/connection.hpp"

#include <chrono>
#include <optional>
#include <vector>

/// The partitions of `events` and `attempts`: one of each for a day, UTC, by the time in the
/// event's id.
namespace talaria::persistence::postgres {

using day = std::chrono::sys_days;

day day_of(const domain::event_id& id);

/// Makes the partitions of some days, as far as they are missing. Beside writers of other days.
domain::result<void> ensure_partitions(sql::connection& connection, day first, day last);

/// Drops the partitions of all days before `end` whose events have no pending delivery.
/// @returns of how many days.
domain::result<std::size_t> drop_partitions(sql::connection& connection, day end);

}  // namespace talaria::persistence::postgres
