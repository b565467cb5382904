#pragma once

#include "http/router.hpp"

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>

namespace talaria::http {

/// How an API key was checked.
enum class key_check : std::uint8_t {
  remembered,  ///< it was found among those checked before
  hashed,
};

enum class rate_limit_decision : std::uint8_t { allowed, limited };

/// Counts and times requests by route and status, and what is decided of them on their way.
/// Thread-safe once all routes are added.
class http_metrics {
public:
  explicit http_metrics(prometheus::Registry& registry);

  void add(const route& route);

  /// @param route Null for requests that found none.
  void count(const route* route, unsigned status, std::chrono::nanoseconds took);

  /// A submission that was accepted.
  void count_ingest(std::chrono::nanoseconds took);

  /// @param refused The key is not good; false also if that could not be found out.
  void count_authentication(key_check check, bool refused, std::chrono::nanoseconds took);

  void count_rate_limit(rate_limit_decision decision, std::chrono::nanoseconds took);

private:
  static constexpr std::size_t statuses = 600;

  struct route_metrics {
    std::string method;
    std::string pattern;
    prometheus::Histogram* durations = nullptr;
    /// Made when first counted: most routes answer few of the statuses.
    std::array<std::atomic<prometheus::Counter*>, statuses> counters{};
  };

  struct key_check_metrics {
    prometheus::Counter& checks;
    prometheus::Histogram& durations;
  };

  void add(std::string method, std::string pattern);

  prometheus::Family<prometheus::Counter>& requests_;
  prometheus::Family<prometheus::Histogram>& durations_;
  prometheus::Histogram& ingest_;
  key_check_metrics remembered_;
  key_check_metrics hashed_;
  prometheus::Counter& keys_refused_;
  prometheus::Counter& rate_allowed_;
  prometheus::Counter& rate_limited_;
  prometheus::Histogram& rate_limit_decisions_;
  /// The first is for requests without a route.
  std::deque<route_metrics> routes_;
};

}  // namespace talaria::http
