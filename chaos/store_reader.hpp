#pragma once

#include "chaos/history.hpp"
#include "chaos/run_clock.hpp"
#include <optional>
#include <string>
#include <vector>

namespace talaria::chaos {

/// What the store has in the end. Subscriptions are under their ids.
struct stored_outcomes {
  std::vector<final_state> finals;
  std::vector<logged_attempt> attempts;
  /// Of a database server whose log of ownership was begun (ownership_log.hpp).
  std::vector<shard_change> shard_changes;
};

/// Reads the tables of a store that nobody writes any more: past every layer of the product, so
/// that none of them can hide anything.
///
/// @param url As Talaria takes it; a database server's log of ownership was begun.
/// @throws std::runtime_error if it cannot be read.
stored_outcomes read_outcomes(const std::string& url, const run_clock& clock);

/// A query of one value.
///
/// @returns its text, or nothing if the server does not answer it.
std::optional<std::string> ask_postgresql(const std::string& url, const std::string& query);

}  // namespace talaria::chaos
