#include "actors/metrics.hpp"

#include <algorithm>
#include <chrono>

namespace talaria::actors {

namespace {

prometheus::Counter& counter(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add({});
}

prometheus::Family<prometheus::Counter>& counters(prometheus::Registry& registry, const char* name,
                                                  const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}

prometheus::Gauge& gauge(prometheus::Registry& registry, const char* name, const char* help,
                         const prometheus::Labels& labels = {}) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add(labels);
}

queue_metrics of_queue(prometheus::Registry& registry, domain::priority queue) {
  const std::string priority{to_string(queue)};
  const auto ended = [&](const char* outcome) -> prometheus::Counter& {
    return counters(registry, "talaria_deliveries_ended_total",
                    "Deliveries that a receiver took (delivered) or whose schedule is exhausted "
                    "(dead)")
        .Add({{"priority", priority}, {"outcome", outcome}});
  };
  const auto shown = [&](const char* name, const char* help) -> prometheus::Gauge& {
    return gauge(registry, name, help, {{"priority", priority}});
  };
  return {ended("delivered"), ended("dead"),
          shown("talaria_attempts_in_flight", "Requests to receivers under way"),
          shown("talaria_queue_pending",
                "Deliveries pending in the store, due or not; of all nodes, so not to be summed "
                "up over them"),
          shown("talaria_queue_oldest_due_age_seconds",
                "For how long the oldest pending delivery of all nodes has been due; 0 if none "
                "is")};
}

prometheus::Gauge& breakers(prometheus::Registry& registry, const char* state) {
  return gauge(registry, "talaria_circuit_breakers",
               "Subscriptions at work whose circuit breaker is not closed", {{"state", state}});
}

prometheus::Histogram& histogram(prometheus::Registry& registry, const char* name, const char* help,
                                 const prometheus::Histogram::BucketBoundaries& bounds) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry).Add({}, bounds);
}

const prometheus::Histogram::BucketBoundaries request_seconds{0.001, 0.005, 0.01, 0.05, 0.1, 0.25,
                                                              0.5,   1,     2.5,  5,    15,  60};
/// Up to a day: the default schedule of retries takes longer.
const prometheus::Histogram::BucketBoundaries lag_seconds{
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 1800, 7200, 28800, 86400};
const prometheus::Histogram::BucketBoundaries batch_sizes{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000};

constexpr std::string_view succeeded = "none";
constexpr std::string_view other_status = "http_other";
/// By the first digit of the status.
constexpr std::array<std::string_view, 5> status_classes{"http_1xx", "http_2xx", "http_3xx",
                                                         "http_4xx", "http_5xx"};

std::map<std::string_view, prometheus::Counter*> attempt_counters(prometheus::Registry& registry) {
  auto& family = counters(registry, "talaria_attempts_total",
                          "Requests to receivers that have ended, by outcome, and why they failed");
  std::map<std::string_view, prometheus::Counter*> made;
  const auto add = [&](std::string_view failure) {
    made[failure] = &family.Add({{"outcome", failure == succeeded ? "succeeded" : "failed"},
                                 {"error", std::string{failure}}});
  };
  add(succeeded);
  add(other_status);
  std::ranges::for_each(status_classes, [&](std::string_view status_class) {
    if (status_class != "http_2xx")
      add(status_class);
  });
  for (auto error = domain::attempt_error::timeout; error <= domain::last_attempt_error;
       error = static_cast<domain::attempt_error>(static_cast<int>(error) + 1))
    add(to_string(error));
  return made;
}

std::array<prometheus::Gauge*, supervision::actor_state_count> gauges_by_state(
    prometheus::Registry& registry) {
  std::array<prometheus::Gauge*, supervision::actor_state_count> made{};
  for (std::size_t i = 0; i < made.size(); ++i) {
    const auto state = to_string(static_cast<supervision::actor_state>(i));
    made.at(i) = &gauge(registry, "talaria_actors", "Actors by state, as of the last survey",
                        {{"state", std::string{state}}});
  }
  return made;
}

}  // namespace

std::string_view attempt_failure(const domain::attempt& made) {
  if (made.succeeded())
    return succeeded;
  if (made.error != domain::attempt_error::none)
    return to_string(made.error);
  const auto digit = made.status_code / 100;
  return digit >= 1 && digit <= 5 ? status_classes.at(digit - 1U) : other_status;
}

metrics::metrics(prometheus::Registry& registry)
    : events_ingested(counter(registry, "talaria_events_ingested_total",
                              "Events committed, duplicates not counted")),
      events_duplicate(counter(registry, "talaria_events_duplicate_total",
                               "Events answered with the first event of their idempotency key")),
      submissions_refused(counter(registry, "talaria_submissions_refused_total",
                                  "Submissions refused because too many were in progress")),
      deliveries_created(
          counter(registry, "talaria_deliveries_created_total", "Deliveries committed")),
      deliveries_retried(counter(registry, "talaria_deliveries_retried_total",
                                 "Failed attempts that will be repeated")),
      outcomes_fenced(counter(registry, "talaria_outcomes_fenced_total",
                              "Outcomes refused because the shard has another owner")),
      deliveries_isolated(counter(registry, "talaria_deliveries_isolated_total",
                                  "Deliveries set aside because handling them failed inside "
                                  "Talaria time and again")),
      attempts_queued(gauge(registry, "talaria_attempts_queued",
                            "Attempts that wait for the cap on requests under way")),
      subscriptions_active(
          gauge(registry, "talaria_subscriptions_active", "Subscriptions that have work")),
      breakers_open(breakers(registry, "open")),
      breakers_half_open(breakers(registry, "half_open")),
      surveyed_at_seconds(gauge(registry, "talaria_queue_surveyed_timestamp_seconds",
                                "When this process last counted the queue of all nodes, in Unix "
                                "time; 0: never")),
      actors_stuck(gauge(registry, "talaria_actors_stuck",
                         "Actors that have been handling one message for longer than 5 s, as of "
                         "the last survey")),
      cluster_nodes(gauge(registry, "talaria_cluster_nodes",
                          "Nodes of the cluster that are not dead, as this one sees it; 0 on a "
                          "store of one process")),
      cluster_shards(gauge(registry, "talaria_cluster_shards",
                           "Shards, of 4096, whose deliveries this node makes; 0 on a store of "
                           "one process")),
      cluster_fenced(gauge(registry, "talaria_cluster_fenced",
                           "1 while this node makes no attempts, as it could not renew its "
                           "lease")),
      append_batch_events(histogram(registry, "talaria_append_batch_events",
                                    "Events in one commit of submissions", batch_sizes)),
      record_batch_outcomes(histogram(registry, "talaria_record_batch_outcomes",
                                      "Outcomes in one commit", batch_sizes)),
      attempt_seconds(histogram(registry, "talaria_attempt_duration_seconds",
                                "Time of one request to a receiver", request_seconds)),
      delivery_lag_seconds(histogram(registry, "talaria_delivery_lag_seconds",
                                     "From the receipt of an event to its delivery, redeliveries "
                                     "that somebody asked for not counted",
                                     lag_seconds)),
      store(registry),
      queues{of_queue(registry, domain::priority::high),
             of_queue(registry, domain::priority::normal),
             of_queue(registry, domain::priority::low)},
      failures_by_kind_(counters(registry, "talaria_actor_failures_total", "Actors that failed")),
      restarts_by_kind_(
          counters(registry, "talaria_actor_restarts_total", "Actors that were started anew")),
      slow_messages_by_kind_(counters(registry, "talaria_actor_slow_messages_total",
                                      "Messages that took an actor longer than 100 ms")),
      backlogs_by_kind_(counters(registry, "talaria_actor_backlogs_total",
                                 "Times that more than 10000 messages waited for one actor")),
      dead_letters_by_kind_(counters(registry, "talaria_actor_dead_letters_total",
                                     "Messages that came to actors that had ended")),
      actors_by_state_(gauges_by_state(registry)),
      attempts_by_failure_(attempt_counters(registry)) {
}

void metrics::count(const domain::attempt& made) {
  attempts_by_failure_.at(attempt_failure(made))->Increment();
  attempt_seconds.Observe(std::chrono::duration<double>(made.duration).count());
}

prometheus::Counter& metrics::actor_failures(std::string_view kind) {
  return failures_by_kind_.Add({{"kind", std::string{kind}}});
}

prometheus::Counter& metrics::actor_restarts(std::string_view kind) {
  return restarts_by_kind_.Add({{"kind", std::string{kind}}});
}

prometheus::Counter& metrics::actor_slow_messages(std::string_view kind) {
  return slow_messages_by_kind_.Add({{"kind", std::string{kind}}});
}

prometheus::Counter& metrics::actor_backlogs(std::string_view kind) {
  return backlogs_by_kind_.Add({{"kind", std::string{kind}}});
}

prometheus::Counter& metrics::actor_dead_letters(std::string_view kind) {
  return dead_letters_by_kind_.Add({{"kind", std::string{kind}}});
}

prometheus::Gauge& metrics::actors_in(supervision::actor_state state) {
  return *actors_by_state_.at(static_cast<std::size_t>(state));
}

void breaker_share::show(domain::breaker_state state) {
  if (state == shown_)
    return;
  if (auto* left = gauge_of(shown_))
    left->Decrement();
  if (auto* entered = gauge_of(state))
    entered->Increment();
  shown_ = state;
}

prometheus::Gauge* breaker_share::gauge_of(domain::breaker_state state) const {
  switch (state) {
    case domain::breaker_state::open:
      return &metrics_.breakers_open;
    case domain::breaker_state::half_open:
      return &metrics_.breakers_half_open;
    case domain::breaker_state::closed:
      break;
  }
  return nullptr;
}

}  // namespace talaria::actors
