#include "tests/actors/actor_fixture.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

using namespace talaria;
using namespace std::chrono_literals;
using domain::delivery_status;
using test::actor_fixture;

namespace {

/// Opens after five failed attempts, for ten seconds, and then tries with one probe.
void with_small_breaker(domain::subscription& wanted) {
  wanted.settings.circuit_breaker = {.enabled = true,
                                     .failure_rate = 0.5,
                                     .min_calls = 5,
                                     .window = 60s,
                                     .open = 10s,
                                     .half_open_calls = 1};
}

domain::subscription stored(actor_fixture& f, const domain::subscription& subscription) {
  const auto found = f.store->open_catalog()->find_subscription(subscription.number);
  REQUIRE(found);
  return *found;
}

domain::application system_application(actor_fixture& f) {
  const auto all =
      f.store->open_catalog()->list_applications({f.organization.id, std::nullopt}, {});
  REQUIRE(all);
  const auto found = std::ranges::find(all->rows, true, &domain::application::is_system);
  REQUIRE(found != all->rows.end());
  return *found;
}

domain::subscription subscribe_to_operations(actor_fixture& f) {
  return f.subscribe([&](domain::subscription& wanted) {
    wanted.application = system_application(f).id;
    wanted.settings.url = "https://operator.example/hook";
  });
}

/// The operational events that were sent so far, by type; they are answered with 200.
std::multiset<std::string> take_told(actor_fixture& f) {
  f.simulated.advance(3s, 100ms);
  std::multiset<std::string> types;
  std::erase_if(f.requests, [&](const test::sent_request& sent) {
    if (sent.request.url != "https://operator.example/hook")
      return false;
    types.insert(sent.header("webhook-event-type"));
    sent.answer(200);
    return true;
  });
  f.simulated.run();
  return types;
}

}  // namespace

TEST_CASE("an open breaker holds deliveries, which keep their attempts") {
  actor_fixture f;
  const auto subscription = f.subscribe(with_small_breaker);
  f.submit(5);
  f.answer_all(500);
  CHECK(stored(f, subscription).health.breaker);
  const auto held = f.submit(20);
  f.simulated.advance(9s, 100ms);
  CHECK(f.requests.empty());
  for (const auto& event : held->events)
    CHECK(f.delivery({event.id, subscription.number}).attempts == 0);
}

TEST_CASE("a breaker that is half open lets its probes through, and opens again if they fail") {
  actor_fixture f;
  f.subscribe(with_small_breaker);
  f.submit(5);
  f.answer_all(500);
  f.submit(20);
  for (int round = 0; round < 3; ++round) {
    f.simulated.advance(11s, 100ms);
    CHECK(f.requests.size() == 1);
    f.answer_all(500);
    CHECK(f.requests.empty());
  }
}

TEST_CASE("a successful probe closes the breaker, and all that was held is delivered once") {
  actor_fixture f;
  const auto subscription = f.subscribe(with_small_breaker);
  f.submit(5);
  f.answer_all(500);
  const auto held = f.submit(40);
  f.simulated.advance(11s, 100ms);
  for (int i = 0; i < 200 && !f.requests.empty(); ++i) {
    f.answer_all(200);
    f.simulated.advance(10ms);
  }
  for (const auto& event : held->events) {
    CHECK(f.delivery({event.id, subscription.number}).status == delivery_status::delivered);
    CHECK(std::ranges::count(f.all_ids, to_string(event.id)) == 1);
  }
  CHECK_FALSE(stored(f, subscription).health.breaker);
}

TEST_CASE("an open breaker survives the death of its subscription's actor, and of everybody") {
  actor_fixture f;
  f.subscribe(with_small_breaker);
  f.submit(5);
  f.answer_all(500);
  caf::anon_send_exit(f.env.addresses.ingest.get(), caf::exit_reason::kill);
  f.simulated.advance(3s, 100ms);
  f.submit(5);
  f.simulated.advance(3s, 100ms);
  CHECK(f.requests.empty());
  f.simulated.advance(8s, 100ms);
  CHECK(f.requests.size() == 1);
}

TEST_CASE("a subscription that holds deliveries stays awake until it has tried them") {
  actor_fixture f{[](auto& settings) { settings.passivate_after = 5s; }};
  f.subscribe([](domain::subscription& wanted) {
    with_small_breaker(wanted);
    wanted.settings.circuit_breaker.open = 10min;
  });
  f.submit(5);
  f.answer_all(500);
  f.submit(1);
  f.simulated.advance(9min, 1s);
  CHECK(f.requests.empty());
  f.simulated.advance(2min, 1s);
  CHECK(f.requests.size() == 1);
}

TEST_CASE("one that fails without a break for its time is disabled, and keeps what it has") {
  actor_fixture f;
  const auto subscription = f.subscribe([](domain::subscription& wanted) {
    wanted.settings.disable_after_failing = 2h;
    wanted.settings.retry =
        domain::retry_schedule{std::vector<std::chrono::milliseconds>(40, 5min)};
  });
  const auto submitted = f.submit();
  for (int minute = 0; minute < 150; ++minute) {
    f.answer_all(500);
    f.simulated.advance(1min, 1s);
  }
  const auto after = stored(f, subscription);
  CHECK(after.disabled == domain::disabled_reason::failing);
  CHECK(f.requests.empty());
  const domain::delivery_id id{submitted->events[0].id, subscription.number};
  CHECK(f.delivery(id).status == delivery_status::pending);
  CHECK(f.delivery(id).attempts >= 20);
  f.submit();
  CHECK(f.requests.empty());

  auto enabled = after;
  enabled.disabled = domain::disabled_reason::none;
  f.change(enabled);
  f.simulated.advance(6min, 1s);
  REQUIRE(f.requests.size() == 1);
  CHECK(f.requests[0].header("webhook-id") == to_string(id.event));
  f.answer_all(200);
  CHECK(f.delivery(id).status == delivery_status::delivered);
}

TEST_CASE("the opening and closing of a breaker reach who subscribed to operational events") {
  actor_fixture f;
  subscribe_to_operations(f);
  const auto subscription = f.subscribe(with_small_breaker);
  f.submit(5);
  f.answer_all(500);
  f.simulated.advance(3s, 100ms);
  REQUIRE(f.requests.size() == 1);
  const auto& body = f.requests[0].request.body;
  CHECK(body.find(to_string(subscription.id)) != std::string::npos);
  CHECK(take_told(f) == std::multiset<std::string>{"subscription.breaker_opened"});
  f.simulated.advance(8s, 100ms);
  f.answer_all(200);
  CHECK(take_told(f) == std::multiset<std::string>{"subscription.recovered"});
}

TEST_CASE("a dead delivery and a receiver that is gone are told once each") {
  actor_fixture f;
  subscribe_to_operations(f);
  f.subscribe([](domain::subscription& wanted) {
    wanted.settings.retry = domain::retry_schedule{std::vector<std::chrono::milliseconds>{}};
  });
  f.submit(3);
  f.answer_all(500);
  CHECK(take_told(f) ==
        std::multiset<std::string>{"delivery.dead", "delivery.dead", "delivery.dead"});
  f.submit(2);
  f.answer_all(410);
  CHECK(take_told(f) ==
        std::multiset<std::string>{"delivery.dead", "delivery.dead", "subscription.disabled"});
  CHECK(take_told(f).empty());
}

TEST_CASE("operational events that the store did not take are told when it does") {
  actor_fixture f;
  subscribe_to_operations(f);
  f.subscribe(with_small_breaker);
  f.store->records = false;
  f.submit(5);
  f.answer_all(500);
  CHECK(take_told(f).empty());
  f.store->records = true;
  CHECK(take_told(f) == std::multiset<std::string>{"subscription.breaker_opened"});
}

TEST_CASE("an announcer that dies tells nothing twice") {
  actor_fixture f;
  subscribe_to_operations(f);
  f.subscribe(with_small_breaker);
  f.submit(5);
  f.answer_all(500);
  for (int i = 0; i < 20; ++i) {
    caf::anon_send_exit(f.env.addresses.announcer.get(), caf::exit_reason::kill);
    f.simulated.advance(100ms);
  }
  CHECK(take_told(f) == std::multiset<std::string>{"subscription.breaker_opened"});
  CHECK(take_told(f).empty());
}

TEST_CASE("what fails in the system application causes no further operational events") {
  actor_fixture f;
  const auto operations = f.subscribe([&](domain::subscription& wanted) {
    wanted.application = system_application(f).id;
    wanted.settings.retry = domain::retry_schedule{std::vector<std::chrono::milliseconds>{}};
  });
  f.subscribe(with_small_breaker);
  f.submit(5);
  f.answer_all(500);
  f.simulated.advance(3s, 100ms);
  REQUIRE(f.requests.size() == 1);
  f.answer_all(500);
  f.simulated.advance(5s, 100ms);
  CHECK(f.requests.empty());
  const auto untold = f.store->open_outbox()->first(10);
  REQUIRE(untold);
  CHECK(untold->empty());
}
