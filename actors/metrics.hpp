#pragma once

#include "actors/store_metrics.hpp"
#include "domain/attempt.hpp"
#include "domain/circuit_breaker.hpp"
#include "domain/event.hpp"
#include "supervision/actor_card.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <map>
#include <string>
#include <string_view>

namespace talaria::actors {

/// What is counted for each priority.
struct queue_metrics {
  prometheus::Counter& deliveries_delivered;
  prometheus::Counter& deliveries_dead;
  prometheus::Gauge& attempts_in_flight;
  /// In the store, as of the last survey.
  prometheus::Gauge& pending;
  prometheus::Gauge& oldest_due_age_seconds;
};

/// What came of an attempt, in a word of a bounded vocabulary: `none` if it succeeded, the error,
/// or the class of the status: `http_5xx`.
std::string_view attempt_failure(const domain::attempt& made);

/// What the actors count. Thread-safe; the registry must outlive it. docs/metrics.md tells
/// operators what each of them means.
struct metrics {
  explicit metrics(prometheus::Registry& registry);

  prometheus::Counter& events_ingested;
  prometheus::Counter& events_duplicate;
  prometheus::Counter& submissions_refused;
  prometheus::Counter& deliveries_created;
  prometheus::Counter& deliveries_retried;
  prometheus::Counter& outcomes_fenced;
  prometheus::Counter& deliveries_isolated;
  prometheus::Gauge& attempts_queued;
  prometheus::Gauge& subscriptions_active;
  prometheus::Gauge& breakers_open;
  prometheus::Gauge& breakers_half_open;
  prometheus::Gauge& surveyed_at_seconds;
  /// Handling one message for longer than a few seconds.
  prometheus::Gauge& actors_stuck;
  /// As the member saw them last.
  prometheus::Gauge& cluster_nodes;
  /// That this node serves.
  prometheus::Gauge& cluster_shards;
  /// 1 while it makes no attempts, for want of a lease.
  prometheus::Gauge& cluster_fenced;
  prometheus::Histogram& append_batch_events;
  prometheus::Histogram& record_batch_outcomes;
  prometheus::Histogram& attempt_seconds;
  prometheus::Histogram& delivery_lag_seconds;
  store_metrics store;
  /// By the number of the priority.
  std::array<queue_metrics, 3> queues;

  queue_metrics& of(domain::priority queue) { return queues.at(static_cast<std::size_t>(queue)); }

  /// Counts and times an attempt that was made.
  void count(const domain::attempt& made);

  /// By the kind of the actor, of which there are as many as the program has.
  prometheus::Counter& actor_failures(std::string_view kind);
  prometheus::Counter& actor_restarts(std::string_view kind);
  prometheus::Counter& actor_slow_messages(std::string_view kind);
  prometheus::Counter& actor_backlogs(std::string_view kind);
  prometheus::Counter& actor_dead_letters(std::string_view kind);
  prometheus::Gauge& actors_in(supervision::actor_state state);

private:
  prometheus::Family<prometheus::Counter>& failures_by_kind_;
  prometheus::Family<prometheus::Counter>& restarts_by_kind_;
  prometheus::Family<prometheus::Counter>& slow_messages_by_kind_;
  prometheus::Family<prometheus::Counter>& backlogs_by_kind_;
  prometheus::Family<prometheus::Counter>& dead_letters_by_kind_;
  std::array<prometheus::Gauge*, supervision::actor_state_count> actors_by_state_;
  std::map<std::string_view, prometheus::Counter*> attempts_by_failure_;
};

/// The share of one subscription in the gauges of circuit breakers, taken back when it ends.
class breaker_share {
public:
  explicit breaker_share(metrics& metrics) : metrics_(metrics) {}
  breaker_share(const breaker_share&) = delete;
  breaker_share& operator=(const breaker_share&) = delete;
  ~breaker_share() { show(domain::breaker_state::closed); }

  void show(domain::breaker_state state);
  domain::breaker_state shown() const { return shown_; }

private:
  prometheus::Gauge* gauge_of(domain::breaker_state state) const;

  metrics& metrics_;
  domain::breaker_state shown_ = domain::breaker_state::closed;
};

}  // namespace talaria::actors
