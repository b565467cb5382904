#include "http/metrics.hpp"

#include <algorithm>

namespace talaria::http {
namespace {

const prometheus::Histogram::BucketBoundaries bounds_seconds = {
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};

}  // namespace

http_metrics::http_metrics(prometheus::Registry& registry)
    : requests_(prometheus::BuildCounter()
                    .Name("talaria_http_requests_total")
                    .Help("HTTP requests answered, by method, route and status")
                    .Register(registry)),
      durations_(prometheus::BuildHistogram()
                     .Name("talaria_http_request_duration_seconds")
                     .Help("From the end of a request's head to its answer, by method and route")
                     .Register(registry)) {
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
  counted.durations->Observe(std::chrono::duration<double>(took).count());
}

}  // namespace talaria::http
