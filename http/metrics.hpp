#pragma once

#include "http/router.hpp"

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <atomic>
#include <chrono>
#include <deque>

namespace talaria::http {

/// Counts and times requests by route and status. Thread-safe once all routes are added.
class http_metrics {
public:
  explicit http_metrics(prometheus::Registry& registry);

  void add(const route& route);

  /// @param route Null for requests that found none.
  void count(const route* route, unsigned status, std::chrono::nanoseconds took);

private:
  static constexpr std::size_t statuses = 600;

  struct route_metrics {
    std::string method;
    std::string pattern;
    prometheus::Histogram* durations = nullptr;
    /// Made when first counted: most routes answer few of the statuses.
    std::array<std::atomic<prometheus::Counter*>, statuses> counters{};
  };

  void add(std::string method, std::string pattern);

  prometheus::Family<prometheus::Counter>& requests_;
  prometheus::Family<prometheus::Histogram>& durations_;
  /// The first is for requests without a route.
  std::deque<route_metrics> routes_;
};

}  // namespace talaria::http
