#pragma once

#include "app/capacity_plan.hpp"

#include <CLI/CLI.hpp>

#include <cstdint>
#include <ostream>

namespace talaria::app {

/// What `talaria plan` was asked for: as it was given, to be checked by `run_plan`.
struct plan_options {
  double events_per_second = 0;
  double fan_out = 0;
  std::int64_t payload_bytes = 0;
  std::int64_t latency_ms = 0;
  std::int64_t retention_days = 30;
  bool json = false;
};

/// Teaches `command` its options; parsing it writes to `into`, which must outlive it.
void add_plan_options(CLI::App& command, plan_options& into);

/// Prints how many nodes, and what of PostgreSQL, a load takes. Asks nothing of anybody.
///
/// @returns the process's exit code: 0, or 2 for options out of bounds, said on `complaints`.
int run_plan(const plan_options& options, std::ostream& out, std::ostream& complaints);

}  // namespace talaria::app
