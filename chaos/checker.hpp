#pragma once

#include "chaos/history.hpp"
#include "chaos/verdict.hpp"
#include <cstdint>

namespace talaria::chaos {

/// What a verdict allows beside the promises.
struct allowances {
  /// How often in all something may come again after its receiver took it: what was in flight or
  /// unrecorded at each kill, pause or takeover.
  std::uint64_t repeats_max = 0;
  /// What was taken comes again only if an interruption came so soon after, or was going on: until
  /// then, at the latest, it is recorded.
  moment record_time_max = std::chrono::seconds{5};
  /// A request whose sender ended may be seen so long after: it was in the buffers of a socket, and
  /// the receiver's machine is busy.
  moment arrival_time_max = std::chrono::seconds{1};
  /// What an allocator keeps is not flat to the byte.
  double resident_growth_max = 1.5;
  std::uint64_t resident_growth_bytes_max = 32 * 1024 * 1024;
  std::uint64_t descriptors_growth_max = 64;
};

/// Judges a history by everything that is promised. Pure; takes time and memory in proportion to
/// the history.
verdict judge(const history& history, const allowances& allowed);

}  // namespace talaria::chaos
