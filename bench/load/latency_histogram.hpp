#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace talaria::load {

/// Counts durations in buckets whose width grows with their value, so that any quantile is known to
/// within 0.8 % whatever the number of durations, in 35 KB.
///
/// Durations beyond `longest` count as `longest`, negative ones as zero. Not thread-safe.
class latency_histogram {
public:
  /// Over 18 minutes: longer than any request's timeout.
  static constexpr std::chrono::nanoseconds longest{(std::int64_t{1} << 40) - 1};

  latency_histogram();

  void record(std::chrono::nanoseconds duration);
  void merge(const latency_histogram& other);

  std::uint64_t count() const { return count_; }
  /// The smallest duration that at least this fraction, in [0, 1], of all durations do not exceed:
  /// rounded up to its bucket's end, and never above `max`. Zero if there are none.
  std::chrono::nanoseconds quantile(double fraction) const;
  /// Exact; zero if there are none.
  std::chrono::nanoseconds max() const { return max_; }
  std::chrono::nanoseconds mean() const;

private:
  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  std::chrono::nanoseconds sum_{0};
  std::chrono::nanoseconds max_{0};
};

}  // namespace talaria::load
