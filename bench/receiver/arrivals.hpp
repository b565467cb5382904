#pragma once

#include "bench/load/latency_histogram.hpp"
#include "bench/receiver/request_reader.hpp"

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace talaria::bench {

/// What arrived at receivers, told apart by the paths of their URLs: each event once, or again.
///
/// Thread-safe; `take` is called by one thread.
class arrivals {
public:
  struct summary {
    /// Of deliveries: an event counts once for each receiver.
    std::uint64_t first = 0;
    std::uint64_t repeated = 0;
    /// Requests without a stamp.
    std::uint64_t foreign = 0;
    /// From submission to first arrival.
    load::latency_histogram latency;
  };

  /// Counts an event that was received.
  void take(const received_request& request);

  /// Deliveries that arrived for the first time.
  std::uint64_t first() const { return first_.load(std::memory_order_relaxed); }
  summary summarize() const;

private:
  /// Events beyond it count as foreign: a mistaken stamp must not cost all memory.
  static constexpr std::uint64_t sequence_max = std::uint64_t{1} << 27;

  bool is_first(std::string_view receiver, std::uint64_t sequence);

  std::atomic<std::uint64_t> first_{0};
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<bool>, std::less<>> seen_;
  summary summary_;
};

}  // namespace talaria::bench
