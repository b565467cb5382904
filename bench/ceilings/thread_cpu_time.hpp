#pragma once

#include <time.h>

#include <chrono>

namespace talaria::bench {

/// Spent by the calling thread so far.
inline std::chrono::nanoseconds thread_cpu_time() {
  timespec spent{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
  return std::chrono::seconds{spent.tv_sec} + std::chrono::nanoseconds{spent.tv_nsec};
}

}  // namespace talaria::bench
