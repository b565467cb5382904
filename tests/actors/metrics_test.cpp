#include "actors/metrics.hpp"

#include "actors/surveyor.hpp"
#include "tests/actors/actor_fixture.hpp"

#include <doctest/doctest.h>
#include <prometheus/text_serializer.h>

#include <charconv>
#include <string>

using namespace talaria;
using namespace std::chrono_literals;
using test::actor_fixture;

namespace {

/// Of the sample that is named with all its labels; -1 if there is none.
double value_of(actor_fixture& f, std::string_view name) {
  const auto text = prometheus::TextSerializer().Serialize(f.registry.Collect());
  const auto found = text.find("\n" + std::string{name} + " ");
  if (found == std::string::npos)
    return -1;
  const char* const begin = text.data() + found + name.size() + 2;
  double value = -1;
  std::from_chars(begin, text.data() + text.size(), value);
  return value;
}

domain::attempt made(std::uint16_t status, domain::attempt_error error) {
  domain::attempt attempt;
  attempt.status_code = status;
  attempt.error = error;
  return attempt;
}

}  // namespace

TEST_CASE("events and batches are counted when they are committed") {
  actor_fixture f;
  f.subscribe();
  f.submit(3);
  CHECK(value_of(f, "talaria_events_ingested_total") == 3);
  CHECK(value_of(f, "talaria_append_batch_events_count") == 1);
  CHECK(value_of(f, "talaria_append_batch_events_sum") == 3);
  CHECK(value_of(f, R"(talaria_store_operation_duration_seconds_count{operation="append"})") >= 1);
}

TEST_CASE("a duplicate is counted as that, not as an event") {
  actor_fixture f;
  const auto keyed = [](actors::event_draft& draft) {
    draft.idempotent = persistence::idempotency{{{1}}, {{2}}, {}};
  };
  f.submit(1, keyed);
  f.submit(1, keyed);
  CHECK(value_of(f, "talaria_events_ingested_total") == 1);
  CHECK(value_of(f, "talaria_events_duplicate_total") == 1);
}

TEST_CASE("a delivery is counted by its outcome, with its lag") {
  actor_fixture f;
  f.subscribe();
  f.submit();
  CHECK(value_of(f, R"(talaria_attempts_in_flight{priority="normal"})") == 1);
  f.simulated.advance(2s);
  f.answer_all(204);
  CHECK(value_of(f, R"(talaria_attempts_in_flight{priority="normal"})") == 0);
  CHECK(value_of(f, R"(talaria_deliveries_ended_total{outcome="delivered",priority="normal"})") ==
        1);
  CHECK(value_of(f, R"(talaria_attempts_total{error="none",outcome="succeeded"})") == 1);
  CHECK(value_of(f, "talaria_delivery_lag_seconds_count") == 1);
  CHECK(value_of(f, "talaria_delivery_lag_seconds_sum") == doctest::Approx(2));
  CHECK(value_of(f, "talaria_record_batch_outcomes_sum") == 1);
}

TEST_CASE("a failed attempt is counted by its reason, and has no lag") {
  actor_fixture f;
  f.subscribe();
  f.submit();
  f.answer_all(500);
  CHECK(value_of(f, R"(talaria_attempts_total{error="http_5xx",outcome="failed"})") == 1);
  CHECK(value_of(f, "talaria_deliveries_retried_total") == 1);
  CHECK(value_of(f, "talaria_delivery_lag_seconds_count") == 0);
  f.simulated.advance(10s);
  REQUIRE(f.requests.size() == 1);
  f.requests.front().fail(domain::attempt_error::dns);
  f.simulated.run();
  CHECK(value_of(f, R"(talaria_attempts_total{error="dns",outcome="failed"})") == 1);
}

TEST_CASE("a delivery that somebody asked for again has no lag") {
  actor_fixture f;
  const auto subscription = f.subscribe();
  const auto submitted = f.submit();
  f.answer_all(204);
  const persistence::tenant tenant{f.organization.id, std::nullopt};
  REQUIRE(f.store->open_history()->retry_delivery(
      tenant, {submitted->events.at(0).id, subscription.number}, f.simulated.now()));
  f.gateway.deliveries_due(std::array{subscription.number});
  f.simulated.advance(10s);
  f.answer_all(204);
  CHECK(value_of(f, R"(talaria_attempts_total{error="none",outcome="succeeded"})") == 2);
  CHECK(value_of(f, "talaria_delivery_lag_seconds_count") == 1);
}

TEST_CASE("an attempt's failure is a word of a bounded vocabulary") {
  using actors::attempt_failure;
  using domain::attempt_error;
  CHECK(attempt_failure(made(200, attempt_error::none)) == "none");
  CHECK(attempt_failure(made(299, attempt_error::none)) == "none");
  CHECK(attempt_failure(made(100, attempt_error::none)) == "http_1xx");
  CHECK(attempt_failure(made(300, attempt_error::none)) == "http_3xx");
  CHECK(attempt_failure(made(404, attempt_error::none)) == "http_4xx");
  CHECK(attempt_failure(made(599, attempt_error::none)) == "http_5xx");
  CHECK(attempt_failure(made(99, attempt_error::none)) == "http_other");
  CHECK(attempt_failure(made(600, attempt_error::none)) == "http_other");
  CHECK(attempt_failure(made(200, attempt_error::reset)) == "reset");
}

TEST_CASE("every attempt can be counted, whatever came of it") {
  prometheus::Registry registry;
  actors::metrics counted{registry};
  for (int error = 0; error <= static_cast<int>(domain::attempt_error::internal); ++error) {
    for (const std::uint16_t status : {0, 99, 100, 200, 300, 400, 500, 600, 999})
      CHECK_NOTHROW(counted.count(made(status, static_cast<domain::attempt_error>(error))));
  }
}

TEST_CASE("breakers are in the gauge of their state, until their subscriptions end") {
  prometheus::Registry registry;
  actors::metrics counted{registry};
  {
    actors::breaker_share first{counted};
    actors::breaker_share second{counted};
    first.show(domain::breaker_state::open);
    first.show(domain::breaker_state::open);
    second.show(domain::breaker_state::open);
    CHECK(counted.breakers_open.Value() == 2);
    second.show(domain::breaker_state::half_open);
    CHECK(counted.breakers_open.Value() == 1);
    CHECK(counted.breakers_half_open.Value() == 1);
    second.show(domain::breaker_state::closed);
    CHECK(counted.breakers_half_open.Value() == 0);
  }
  CHECK(counted.breakers_open.Value() == 0);
}

TEST_CASE("a subscription's breaker that opens is counted") {
  actor_fixture f;
  f.subscribe([](domain::subscription& wanted) { wanted.settings.circuit_breaker.min_calls = 2; });
  f.submit(2);
  CHECK(value_of(f, R"(talaria_circuit_breakers{state="open"})") == 0);
  f.answer_all(500);
  CHECK(value_of(f, R"(talaria_circuit_breakers{state="open"})") == 1);
}

TEST_CASE("failures and restarts of actors are counted by kind, from zero") {
  actor_fixture f;
  f.subscribe();
  CHECK(value_of(f, R"(talaria_actor_failures_total{kind="subscription"})") == 0);
  CHECK(value_of(f, R"(talaria_actor_restarts_total{kind="dispatcher"})") == 0);
  f.submit();
  f.crashes_to_come = 1;
  f.answer_all(500);
  f.simulated.advance(5s);
  CHECK(value_of(f, R"(talaria_actor_failures_total{kind="subscription"})") == 1);
  CHECK(value_of(f, R"(talaria_actor_restarts_total{kind="subscription"})") == 1);
  caf::anon_send_exit(f.env.addresses.dispatcher.get(), caf::exit_reason::kill);
  f.simulated.advance(5s);
  CHECK(value_of(f, R"(talaria_actor_failures_total{kind="dispatcher"})") == 1);
  CHECK(value_of(f, R"(talaria_actor_restarts_total{kind="dispatcher"})") == 1);
}

TEST_CASE("the queue is counted by priority, with the age of the oldest") {
  actor_fixture f;
  f.subscribe([](domain::subscription& wanted) { wanted.paused = true; });
  f.submit(2);
  f.submit(1, [](actors::event_draft& draft) { draft.event->priority = domain::priority::high; });
  f.simulated.advance(10min, 100ms);
  CHECK(value_of(f, R"(talaria_queue_pending{priority="high"})") == 1);
  CHECK(value_of(f, R"(talaria_queue_pending{priority="normal"})") == 2);
  CHECK(value_of(f, R"(talaria_queue_pending{priority="low"})") == 0);
  CHECK(value_of(f, R"(talaria_queue_oldest_due_age_seconds{priority="high"})") > 60);
  CHECK(value_of(f, R"(talaria_queue_oldest_due_age_seconds{priority="low"})") == 0);
  CHECK(value_of(f, "talaria_queue_surveyed_timestamp_seconds") > 0);
}

TEST_CASE("a queue that takes long to count is counted seldom") {
  using actors::pause_after_survey;
  CHECK(pause_after_survey(0ms) == 5s);
  CHECK(pause_after_survey(102ms) == 5s);
  CHECK(pause_after_survey(103ms) == 5047ms);
  CHECK(pause_after_survey(400ms) == 19600ms);
  CHECK(pause_after_survey(6122ms) == 299978ms);
  CHECK(pause_after_survey(6123ms) == 5min);
  CHECK(pause_after_survey(1h) == 5min);
}

TEST_CASE("a node's load is what is in progress and what waits for the store") {
  actor_fixture f;
  CHECK(f.gateway.load().submissions_in_progress == 0);
  CHECK(f.gateway.load().submissions_max == 100);
  REQUIRE(f.admission.enter());
  CHECK(f.gateway.load().submissions_in_progress == 1);
  f.admission.leave();
  f.store->records = false;
  f.subscribe();
  f.submit();
  f.answer_all(204);
  CHECK(f.gateway.load().outcomes_waiting == 1);
}

TEST_CASE("a node is full with as many submissions as may be, and not with one less") {
  CHECK_FALSE(actors::node_load{.submissions_in_progress = 9, .submissions_max = 10}.is_full());
  CHECK(actors::node_load{.submissions_in_progress = 10, .submissions_max = 10}.is_full());
}
