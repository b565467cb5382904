#pragma once

#include "persistence/session.hpp"

#include <chrono>
#include <functional>

namespace talaria::persistence {

/// By what a store knows which events are expired.
struct retention_clock {
  /// Thread-safe. Empty: nothing is out of sight before it is deleted.
  std::function<timestamp()> now;
  /// Of applications that have none of their own.
  std::chrono::days default_retention{};
};

}  // namespace talaria::persistence
