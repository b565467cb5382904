#include "actors/metrics.hpp"

namespace talaria::actors {

namespace {

prometheus::Counter& counter(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add({});
}

prometheus::Gauge& gauge(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
}

queue_metrics of_queue(prometheus::Registry& registry, domain::priority queue) {
  const prometheus::Labels labels{{"priority", std::string{to_string(queue)}}};
  const auto counted = [&](const char* name, const char* help) -> prometheus::Counter& {
    return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add(labels);
  };
  return {counted("talaria_deliveries_delivered_total", "Deliveries that a receiver took"),
          counted("talaria_deliveries_dead_total", "Deliveries whose schedule is exhausted"),
          prometheus::BuildGauge()
              .Name("talaria_attempts_in_flight")
              .Help("Requests to receivers under way")
              .Register(registry)
              .Add(labels)};
}

prometheus::Histogram& histogram(prometheus::Registry& registry, const char* name, const char* help,
                                 prometheus::Histogram::BucketBoundaries bounds) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry).Add(
      {}, std::move(bounds));
}

const prometheus::Histogram::BucketBoundaries commit_seconds{
    0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5};
const prometheus::Histogram::BucketBoundaries request_seconds{0.001, 0.005, 0.01, 0.05, 0.1, 0.25,
                                                              0.5,   1,     2.5,  5,    15,  60};
const prometheus::Histogram::BucketBoundaries batch_sizes{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000};

}  // namespace

metrics::metrics(prometheus::Registry& registry)
    : events_accepted(counter(registry, "talaria_events_accepted_total",
                              "Events committed, duplicates not counted")),
      events_duplicate(counter(registry, "talaria_events_duplicate_total",
                               "Events answered with the first event of their idempotency key")),
      submissions_refused(counter(registry, "talaria_submissions_refused_total",
                                  "Submissions refused because the admission queue was full")),
      deliveries_created(
          counter(registry, "talaria_deliveries_created_total", "Deliveries committed")),
      deliveries_retried(counter(registry, "talaria_deliveries_retried_total",
                                 "Failed attempts that will be repeated")),
      outcomes_fenced(counter(registry, "talaria_outcomes_fenced_total",
                              "Outcomes refused because the shard has another owner")),
      actor_failures(counter(registry, "talaria_actor_failures_total", "Actors that failed")),
      submissions_in_progress(gauge(registry, "talaria_submissions_in_progress",
                                    "Submissions admitted and not yet answered")),
      attempts_queued(gauge(registry, "talaria_attempts_queued",
                            "Attempts that wait for the cap on requests under way")),
      subscriptions_active(
          gauge(registry, "talaria_subscriptions_active", "Subscription actors alive")),
      append_seconds(histogram(registry, "talaria_append_seconds",
                               "Time of one commit of events, in seconds", commit_seconds)),
      append_events(
          histogram(registry, "talaria_append_events", "Events in one commit", batch_sizes)),
      record_seconds(histogram(registry, "talaria_record_seconds",
                               "Time of one commit of outcomes, in seconds", commit_seconds)),
      attempt_seconds(histogram(registry, "talaria_attempt_seconds",
                                "Time of one request to a receiver, in seconds", request_seconds)),
      queues{of_queue(registry, domain::priority::high),
             of_queue(registry, domain::priority::normal),
             of_queue(registry, domain::priority::low)} {
}

}  // namespace talaria::actors
