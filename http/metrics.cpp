#include "http/metrics.hpp"

#include <algorithm>

namespace talaria::http {
namespace {

double to_seconds(std::chrono::nanoseconds took) {
  return std::chrono::duration<double>(took).count();
}

const prometheus::Histogram::BucketBoundaries bounds_seconds = {
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};

/// A remembered key and a rate limit take microseconds, a key that is hashed milliseconds.
const prometheus::Histogram::BucketBoundaries decision_seconds = {
    0.000001, 0.000005, 0.00001, 0.00005, 0.0001, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5};

prometheus::Counter& counter(prometheus::Registry& registry, const char* name, const char* help,
                             const prometheus::Labels& labels = {}) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add(labels);
}

prometheus::Histogram& key_check_durations(prometheus::Registry& registry, const char* cache) {
  return prometheus::BuildHistogram()
      .Name("talaria_authentication_duration_seconds")
      .Help("Time to tell whose an API key is, by whether it was remembered")
      .Register(registry)
      .Add({{"cache", cache}}, decision_seconds);
}

prometheus::Counter& rate_limit_counter(prometheus::Registry& registry, const char* decision) {
  return counter(registry, "talaria_rate_limit_decisions_total",
                 "Requests that a rate limit was asked about, by its decision",
                 {{"decision", decision}});
}

}  // namespace

http_metrics::http_metrics(prometheus::Registry& registry)
    : requests_(prometheus::BuildCounter()
                    .Name("talaria_http_requests_total")
                    .Help("HTTP requests answered, by method, route and status")
                    .Register(registry)),
      durations_(prometheus::BuildHistogram()
                     .Name("talaria_http_request_duration_seconds")
                     .Help("From the end of a request's head to its answer, by method and route")
                     .Register(registry)),
      ingest_(prometheus::BuildHistogram()
                  .Name("talaria_ingest_duration_seconds")
                  .Help("From the end of a submission's head to its 202, after the commit")
                  .Register(registry)
                  .Add({}, bounds_seconds)),
      remembered_{counter(registry, "talaria_authentication_cache_hits_total",
                          "API keys that were remembered"),
                  key_check_durations(registry, "hit")},
      hashed_{counter(registry, "talaria_authentication_cache_misses_total",
                      "API keys that had to be looked up and hashed"),
              key_check_durations(registry, "miss")},
      keys_refused_(counter(registry, "talaria_authentication_refused_total",
                            "API keys that are unknown, wrong, revoked or expired")),
      rate_allowed_(rate_limit_counter(registry, "allowed")),
      rate_limited_(rate_limit_counter(registry, "limited")),
      rate_limit_decisions_(prometheus::BuildHistogram()
                                .Name("talaria_rate_limit_decision_duration_seconds")
                                .Help("Time to tell whether a request is within a rate limit")
                                .Register(registry)
                                .Add({}, decision_seconds)) {
  add("", "none");
}

void http_metrics::add(const route& route) {
  add(route.method, route.pattern);
}

void http_metrics::add(std::string method, std::string pattern) {
  route_metrics& added = routes_.emplace_back();
  added.durations = &durations_.Add({{"method", method}, {"route", pattern}}, bounds_seconds);
  added.method = std::move(method);
  added.pattern = std::move(pattern);
}

void http_metrics::count(const route* route, unsigned status, std::chrono::nanoseconds took) {
  route_metrics& counted = routes_.at(route == nullptr ? 0 : route->number + 1);
  auto& slot = counted.counters.at(std::min<std::size_t>(status, statuses - 1));
  prometheus::Counter* counter = slot.load(std::memory_order_acquire);
  if (counter == nullptr) {
    counter = &requests_.Add({{"method", counted.method},
                              {"route", counted.pattern},
                              {"status", std::to_string(status)}});
    slot.store(counter, std::memory_order_release);
  }
  counter->Increment();
  counted.durations->Observe(to_seconds(took));
}

void http_metrics::count_ingest(std::chrono::nanoseconds took) {
  ingest_.Observe(to_seconds(took));
}

void http_metrics::count_authentication(key_check check, bool refused,
                                        std::chrono::nanoseconds took) {
  key_check_metrics& checked = check == key_check::remembered ? remembered_ : hashed_;
  checked.checks.Increment();
  checked.durations.Observe(to_seconds(took));
  if (refused) {
    keys_refused_.Increment();
  }
}

void http_metrics::count_rate_limit(rate_limit_decision decision, std::chrono::nanoseconds took) {
  rate_limit_decisions_.Observe(to_seconds(took));
  (decision == rate_limit_decision::allowed ? rate_allowed_ : rate_limited_).Increment();
}

}  // namespace talaria::http
