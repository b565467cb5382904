#pragma once

#include <CLI/CLI.hpp>

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>

namespace talaria::app {

/// What `talaria chaos run` was asked for.
struct chaos_options {
  /// A scenario's file.
  std::string scenario;
  std::optional<std::uint64_t> seed;
  /// Empty: the scenario's.
  std::string store;
  std::optional<std::int64_t> seconds;
  /// Where the evidence is kept whatever the verdict is; empty: kept only if something is broken.
  std::string keep;
  /// Empty: this very program.
  std::string server;
  /// Of another version, for upgrades.
  std::string next_server;
};

/// Teaches `command` its options; parsing it writes to `into`, which must outlive it.
void add_chaos_options(CLI::App& command, chaos_options& into);

/// Runs the scenario, with lines about its steps on `progress` and the verdict on `report`.
///
/// The first SIGINT or SIGTERM ends the run early, and it is judged; a second one ends the process,
/// and leaves what it started behind. Not reentrant.
///
/// @returns the process's exit code: 0 if every promise was kept, 1 if not or if the scenario could
/// not be run, 2 for options or a scenario that make no sense.
int run_chaos(const chaos_options& options, std::ostream& report, std::ostream& progress);

}  // namespace talaria::app
