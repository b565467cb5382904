#pragma once

#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace talaria::actors {

/// What a call of the store is for.
enum class store_operation : std::uint8_t {
  append,             ///< a commit of submissions
  record,             ///< a commit of outcomes
  record_health,      ///< a commit of how receivers do
  load_page,          ///< pending deliveries of a subscription
  load_subscription,  ///< a subscription's settings and secrets
  load_catalog,       ///< all subscriptions, or what changed of them
  sweep,              ///< the search for due work
  survey,             ///< the count of what is pending
  find_key,           ///< an API key that is not remembered
  request_read,       ///< a GET request
  request_write,      ///< any other request but a submission
  probe,              ///< whether the store can be written
};

/// Times the calls of the store, by what they are for. Thread-safe; made any number of times for a
/// registry, which must outlive it, it is the same one.
class store_metrics {
public:
  explicit store_metrics(prometheus::Registry& registry) {
    auto& family = prometheus::BuildHistogram()
                       .Name("talaria_store_operation_duration_seconds")
                       .Help("Time of a call of the store, by what it is for")
                       .Register(registry);
    for (std::size_t i = 0; i < names.size(); ++i)
      histograms_.at(i) = &family.Add({{"operation", names.at(i)}}, bounds());
  }

  /// @returns what `call` does.
  template <class Call>
  auto time(store_operation operation, Call&& call) {
    const auto started = std::chrono::steady_clock::now();
    auto answer = std::forward<Call>(call)();
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - started;
    histograms_.at(static_cast<std::size_t>(operation))->Observe(elapsed.count());
    return answer;
  }

private:
  /// By the number of the operation.
  static constexpr std::array<const char*, 12> names{
      "append", "record", "record_health", "load_page",    "load_subscription", "load_catalog",
      "sweep",  "survey", "find_key",      "request_read", "request_write",     "probe"};

  static prometheus::Histogram::BucketBoundaries bounds() {
    return {0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5};
  }

  std::array<prometheus::Histogram*, names.size()> histograms_{};
};

}  // namespace talaria::actors
