#pragma once

#include "bench/load/load_options.hpp"

#include <CLI/CLI.hpp>

#include <ostream>

namespace talaria::app {

/// What `talaria bench` was asked for.
struct bench_options {
  load::load_options load;
  /// The summary is one JSON object.
  bool json = false;
};

/// Teaches `command` its options; parsing it writes to `into`, which must outlive it.
///
/// Bounds are `load::run_load`'s to check, as far as a text can be read as a number at all.
void add_bench_options(CLI::App& command, bench_options& into);

/// Submits the load, with a line a second on `progress`, and the result on `summary`.
///
/// Runs on the caller's thread. The first SIGINT or SIGTERM ends the run early, with its summary; a
/// second one ends the process. Not reentrant, as signals are handled for the whole process.
///
/// @returns the process's exit code: 0 if every event was accepted, 2 for options that make no
/// sense, and otherwise 1.
int run_bench(const bench_options& options, std::ostream& summary, std::ostream& progress);

}  // namespace talaria::app
