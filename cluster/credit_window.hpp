#pragma once

#include "cluster/limits.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

namespace talaria::cluster {

/// What a node has sent to another and not yet heard of: the bound of its memory for a peer that
/// does not read, as nothing else between two nodes has one.
///
/// Pure: not thread-safe, reads no clock.
class credit_window {
public:
  using time_point = std::chrono::steady_clock::time_point;

  struct bounds {
    std::size_t messages_max = limits::unacknowledged_messages_max;
    /// May be exceeded by less than one message, so that those of any size pass.
    std::size_t bytes_max = limits::unacknowledged_bytes_max;
  };

  explicit credit_window(bounds bounds) : bounds_(bounds) {}

  bool admits() const { return sent_.size() < bounds_.messages_max && bytes_ < bounds_.bytes_max; }

  /// @returns the message's sequence, from 1.
  /// @pre `admits()`
  std::uint64_t add(std::size_t bytes, time_point now);

  /// All up to this sequence were handled. What was acknowledged before, or never sent, counts for
  /// nothing.
  /// @returns how long the last of them was under way, if there is news.
  std::optional<std::chrono::nanoseconds> acknowledge(std::uint64_t sequence, time_point now);

  std::size_t messages() const { return sent_.size(); }
  std::size_t bytes() const { return bytes_; }

private:
  struct under_way {
    std::size_t bytes;
    time_point since;
  };

  bounds bounds_;
  /// Oldest first; those before are acknowledged.
  std::deque<under_way> sent_;
  std::size_t bytes_ = 0;
  std::uint64_t last_acknowledged_ = 0;
};

}  // namespace talaria::cluster
