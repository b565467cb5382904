#pragma once

#include <chrono>
#include <cstdint>

namespace talaria::load {

/// Says when each request of a constant rate is due.
///
/// Pure: reads no clock. Due times follow from a request's number alone, so a late request does not
/// put off those after it: what a slow server delays is measured, not hidden.
class pacer {
public:
  using time = std::chrono::steady_clock::time_point;

  /// @pre per_second > 0
  pacer(double per_second, time start) : per_second_(per_second), start_(start) {}

  /// When the first request that was not taken is due.
  time next_due() const;

  /// Takes it. @returns when it was due.
  time take();

  std::uint64_t taken() const { return taken_; }

private:
  double per_second_;
  time start_;
  std::uint64_t taken_ = 0;
};

}  // namespace talaria::load
