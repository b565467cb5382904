#pragma once

#include "domain/id.hpp"
#include "domain/sliding_window.hpp"
#include "domain/time.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <unordered_map>

namespace talaria::http {

/// What an organization does within a time, counted by this node alone. Thread-safe.
class organization_limiter {
public:
  explicit organization_limiter(std::chrono::microseconds window) : window_{window} {}

  /// @pre as `domain::sliding_window::take`
  domain::sliding_window::verdict take(const domain::organization_id& organization,
                                       domain::timestamp now, std::uint32_t limit,
                                       std::uint32_t amount = 1);

private:
  /// Beyond it, those that did nothing of late are let go.
  static constexpr std::size_t remembered_max = 10'000;

  std::chrono::microseconds window_;
  std::mutex mutex_;
  std::unordered_map<domain::organization_id, domain::sliding_window> windows_;
};

}  // namespace talaria::http
