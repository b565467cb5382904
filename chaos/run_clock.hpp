#pragma once

#include "chaos/history.hpp"
#include <chrono>

namespace talaria::chaos {

/// The clock of a run, which nobody can put forward or back, and what it says in the system's time.
class run_clock {
public:
  moment now() const {
    return std::chrono::duration_cast<moment>(std::chrono::steady_clock::now() - start_);
  }

  /// Of the system's time in microseconds since 1970, as the store has it.
  moment from_system(std::int64_t microseconds) const {
    return moment{microseconds} -
           std::chrono::duration_cast<moment>(system_start_.time_since_epoch());
  }

private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::chrono::system_clock::time_point system_start_ = std::chrono::system_clock::now();
};

}  // namespace talaria::chaos
