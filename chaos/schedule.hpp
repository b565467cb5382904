#pragma once

#include "chaos/scenario.hpp"
#include <cstdint>
#include <string>
#include <vector>

namespace talaria::chaos {

/// Faults of one lane follow one another; those of different lanes may coincide.
enum class lane : std::uint8_t { process, store, receivers, injection, network };

inline constexpr std::size_t lane_count = 5;

lane lane_of(fault_kind kind);

struct planned_fault {
  fault_kind kind{};
  /// Since the start of the workload.
  milliseconds at{0};
  milliseconds lasts{0};
  fault_settings settings;
  /// The first that it concerns, from 0.
  std::size_t node = 0;
  /// For what the fault itself draws.
  std::uint64_t seed = 0;
};

/// What happens when, drawn from a seed: the same scenario, store and seed give the same schedule.
///
/// Faults begin after the warm-up and are over by the end, but for those with a fixed time, which
/// are the scenario's own to place. What the store cannot have is left out, without a change to the
/// rest.
std::vector<planned_fault> draw_schedule(const scenario& scenario, std::uint64_t seed);

/// One line of JSON for each fault.
std::string to_json_lines(const std::vector<planned_fault>& schedule);

}  // namespace talaria::chaos
