#pragma once

#include "domain/event.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>

namespace talaria::actors {

/// What is counted for each priority.
struct queue_metrics {
  prometheus::Counter& deliveries_delivered;
  prometheus::Counter& deliveries_dead;
  prometheus::Gauge& attempts_in_flight;
};

/// What the actors count. Thread-safe; the registry must outlive it.
struct metrics {
  explicit metrics(prometheus::Registry& registry);

  prometheus::Counter& events_accepted;
  prometheus::Counter& events_duplicate;
  prometheus::Counter& submissions_refused;
  prometheus::Counter& deliveries_created;
  prometheus::Counter& deliveries_retried;
  prometheus::Counter& outcomes_fenced;
  prometheus::Counter& actor_failures;
  prometheus::Gauge& submissions_in_progress;
  prometheus::Gauge& attempts_queued;
  prometheus::Gauge& subscriptions_active;
  prometheus::Histogram& append_seconds;
  prometheus::Histogram& append_events;
  prometheus::Histogram& record_seconds;
  prometheus::Histogram& attempt_seconds;
  /// By the number of the priority.
  std::array<queue_metrics, 3> queues;

  queue_metrics& of(domain::priority queue) { return queues.at(static_cast<std::size_t>(queue)); }
};

}  // namespace talaria::actors
