#pragma once

#include "bench/load/latency_histogram.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace talaria::bench {

/// In milliseconds.
struct latency_summary {
  double p50 = 0;
  double p95 = 0;
  double p99 = 0;
  double max = 0;
};

latency_summary summarize(const load::latency_histogram& latency);

/// What one measurement found. Every member has an initial value, so that a scenario names only
/// those that it measures.
struct figure {
  std::string name;
  double per_second = 0;
  /// What is counted: events, deliveries, requests.
  std::string unit{};
  /// The pace was given: it is no finding.
  bool paced = false;
  std::optional<latency_summary> latency{};
  /// Of what is measured (Talaria's process, or a ceiling's threads) and of its database server,
  /// for each unit.
  std::optional<double> cpu_us{};
  /// The part of the machine's processors that other programs took meanwhile, in [0, 1].
  double others_cpu = 0;
  /// Names of the ceilings of its parts: the slowest bounds the rate, and their processor time
  /// together that of the whole.
  std::vector<std::string> ceilings{};
  /// By name; what each means is in docs/performance.md.
  std::map<std::string, double> details{};
  /// Anything lost or failed, in words; empty for a good run.
  std::vector<std::string> faults{};
};

/// The same figure over all rounds: medians.
struct figure_summary {
  figure median;
  double per_second_min = 0;
  double per_second_max = 0;
  std::size_t rounds = 0;
  /// The slowest of its ceilings; absent if it has none, or none was measured.
  std::optional<double> ceiling_per_second;
  /// To that ceiling.
  std::optional<double> ratio;
  /// The processor time of all its ceilings to its own: what is left of the machine when others use
  /// it too. Absent if it has none, or one was not measured.
  std::optional<double> cpu_ratio;
};

/// In the order in which each figure first appears.
std::vector<figure_summary> summarize(const std::vector<figure>& figures);

}  // namespace talaria::bench
