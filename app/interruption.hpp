#pragma once

#include <signal.h>

#include <array>

namespace talaria::app {

/// From construction to destruction the signals that stop a process are noted, each once: a second
/// one has its usual effect. One at a time, as signals are handled for the whole process.
class interruption {
public:
  interruption();
  interruption(const interruption&) = delete;
  interruption& operator=(const interruption&) = delete;
  ~interruption();

  /// Since the last construction. Thread-safe.
  static bool happened();

private:
  static constexpr std::array signals{SIGINT, SIGTERM};
  std::array<struct sigaction, signals.size()> former_{};
};

}  // namespace talaria::app
