#pragma once

#include "cluster/usage_board.hpp"
#include "domain/id.hpp"
#include "domain/sliding_window.hpp"
#include "domain/time.hpp"
#include "http/exchange.hpp"
#include "http/metrics.hpp"
#include "http/problem.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace talaria::http {

/// Limits what an organization does within a time. Of a cluster's nodes each counts by itself, and
/// allows its part of the limit. Thread-safe.
class organization_limiter {
public:
  /// @param what `events a second`
  /// @param metrics Must outlive it.
  /// @param usage Null: this node is alone. Must outlive it.
  organization_limiter(std::chrono::microseconds window, std::string_view what,
                       std::function<domain::timestamp()> now, http_metrics& metrics,
                       cluster::usage_board* usage, cluster::usage_board::kind kind)
      : window_{window},
        what_{what},
        now_{std::move(now)},
        metrics_{metrics},
        usage_{usage},
        kind_{kind} {}

  /// Counts `amount`, which is at least 1, and tells the client how it stands with the limit.
  ///
  /// @param limit Absent or 0: there is none.
  /// @returns 429 if the limit is reached.
  std::optional<problem> admit(const responder& responder,
                               const domain::organization_id& organization,
                               std::optional<std::uint32_t> limit, std::uint32_t amount = 1);

private:
  domain::sliding_window::verdict take(const domain::organization_id& organization,
                                       domain::timestamp now, domain::sliding_window::quota allowed,
                                       std::uint32_t amount);

  /// Beyond it, those that did nothing of late are let go.
  static constexpr std::size_t remembered_max = 10'000;

  const std::chrono::microseconds window_;
  const std::string_view what_;
  const std::function<domain::timestamp()> now_;
  http_metrics& metrics_;
  cluster::usage_board* const usage_;
  const cluster::usage_board::kind kind_;
  std::mutex mutex_;
  std::unordered_map<domain::organization_id, domain::sliding_window> windows_;
};

}  // namespace talaria::http
