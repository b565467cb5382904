#pragma once

#include "tests/simulation/memory_rows.hpp"

#include "chaos/checker.hpp"
#include <cstdint>
#include <string>
#include <vector>

namespace talaria::simulation {

struct run_options {
  std::uint64_t seed = 0;
  enum sabotage broken = sabotage::none;
  /// Whether to write down what happened.
  bool traced = false;
};

struct run_result {
  chaos::verdict verdict;
  /// In the order of time, a line each.
  std::vector<std::string> trace;
  std::uint64_t deliveries = 0;
  /// How often an actor, a process or an owner was replaced.
  std::uint64_t disturbances = 0;
};

/// One schedule: random work for the real actors, on simulated time, store and network, with
/// troubles that its seed draws; then everything is healed, drained, and judged by what is
/// promised. The same options give the same result.
run_result run(const run_options& options);

}  // namespace talaria::simulation
