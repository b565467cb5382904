#pragma once

#include "bench/load/load_options.hpp"
#include "bench/load/load_report.hpp"
#include "domain/error.hpp"

#include <chrono>
#include <cstdint>
#include <functional>

namespace talaria::load {

/// Where a run stands.
struct load_progress {
  std::chrono::nanoseconds elapsed{0};
  std::uint64_t events_accepted = 0;
  std::uint64_t events_failed = 0;
  /// Since the former call.
  double events_per_second = 0;
};

/// Submits events until the duration is over and the last answer is there.
///
/// Runs on the caller's thread and starts none. Ends within the duration plus the request timeout.
/// Answers other than 202, and connections that break, are part of the report, not errors.
///
/// @param progress Called about once a second; may be empty.
/// @returns `ec::invalid_value` or `ec::not_supported` with the option's name as `field`, as the
/// flag of `talaria bench` has it without its dashes; `ec::store_unavailable` if the server could
/// not be connected to at all.
domain::result<load_report> run_load(
    const load_options& options, const std::function<void(const load_progress&)>& progress = {});

}  // namespace talaria::load
