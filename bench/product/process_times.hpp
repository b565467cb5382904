#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>

namespace talaria::bench {

/// What the system says of a process.
struct process_times {
  pid_t parent = 0;
  /// Of all its threads, since its start.
  std::chrono::nanoseconds cpu{0};
  /// Of its children that have ended, and theirs.
  std::chrono::nanoseconds ended_children_cpu{0};
};

/// @returns nothing if there is no such process.
std::optional<process_times> read_process_times(pid_t process);

}  // namespace talaria::bench
