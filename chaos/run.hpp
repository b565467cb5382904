#pragma once

#include "chaos/scenario.hpp"
#include "chaos/verdict.hpp"
#include <cstdint>
#include <filesystem>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

namespace talaria::chaos {

struct run_options {
  struct scenario scenario;
  std::uint64_t seed = 0;
  /// The program that is run as `serve`.
  std::filesystem::path server;
  /// The same of another version, for a scenario with upgrades.
  std::filesystem::path next_server;
  /// For the evidence; must exist.
  std::filesystem::path directory;
  /// Asked now and then; true ends the run early, and it is judged as far as it came.
  std::function<bool()> interrupted;
};

struct run_result {
  struct verdict verdict;
  /// What else went wrong; nothing of it is a promise.
  std::vector<std::string> problems;
  /// For people: the plot, what was done, the verdict's table.
  std::string report;

  bool holds() const { return verdict.holds() && problems.empty(); }
};

/// Runs a scenario from beginning to end: starts a store, a Talaria and receivers, submits,
/// disturbs, heals, waits until nothing is pending, stops, reads the store, and judges.
///
/// Leaves in the directory: `schedule.jsonl`, `ledger.jsonl` (what receivers saw),
/// `submissions.jsonl`, `attempts.jsonl`, `finals.jsonl`, `disturbances.jsonl`, `verdict.json`,
/// `report.txt`, and the logs.
///
/// Runs on the caller's thread and some of its own, which end with it.
///
/// @param progress A line about each step.
/// @throws std::runtime_error if something that it needs cannot be had: that is no verdict.
run_result run(const run_options& options, std::ostream& progress);

}  // namespace talaria::chaos
