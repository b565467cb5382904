#include "tests/actors/actor_fixture.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <future>
#include <set>

using namespace talaria;
using namespace std::chrono_literals;
using domain::delivery_status;
using test::actor_fixture;

TEST_CASE("an event is committed before its client is answered, then delivered") {
  actor_fixture f;
  const auto subscription = f.subscribe();
  const auto submitted = f.submit();
  REQUIRE(submitted->events.size() == 1);
  const domain::delivery_id id{submitted->events[0].id, subscription.number};
  CHECK(f.delivery(id).status == delivery_status::pending);
  REQUIRE(f.requests.size() == 1);
  CHECK(f.requests[0].request.body == R"({"amount":12345678901234567890.10})");
  CHECK(f.requests[0].header("webhook-id") == to_string(id.event));
  CHECK(f.requests[0].header("webhook-attempt") == "1");
  f.answer_all(200);
  CHECK(f.delivery(id).status == delivery_status::delivered);
}

TEST_CASE("an event that nobody wants is accepted and sent to nobody") {
  actor_fixture f;
  f.subscribe([](auto& wanted) { wanted.settings.event_types = {"user.*"}; });
  CHECK(f.submit()->events.size() == 1);
  CHECK(f.requests.empty());
}

TEST_CASE("a subscription created before an event sees it, though nobody announced its creation") {
  actor_fixture f;
  f.submit();
  f.subscribe();
  f.submit();
  CHECK(f.requests.size() == 1);
}

TEST_CASE("a failing delivery is tried on schedule until it is dead, and no further") {
  actor_fixture f;
  const auto subscription = f.subscribe();
  const auto submitted = f.submit();
  std::vector<domain::timestamp> sent;
  for (int attempt = 1; attempt <= 8; ++attempt) {
    REQUIRE(f.requests.size() == 1);
    CHECK(f.requests[0].header("webhook-attempt") == std::to_string(attempt));
    sent.push_back(f.simulated.now());
    f.answer_all(500);
    for (int i = 0; i < 11 * 60 && f.requests.empty(); ++i)
      f.simulated.advance(1min, 1s);
  }
  CHECK(f.requests.empty());
  const domain::delivery_id id{submitted->events[0].id, subscription.number};
  CHECK(f.delivery(id).status == delivery_status::dead);
  CHECK(f.delivery(id).attempts == 8);
  const auto delays = domain::retry_schedule{}.delays();
  for (std::size_t i = 0; i < delays.size(); ++i) {
    CHECK(sent[i + 1] - sent[i] >= delays[i]);
    // A retry that the store held until it was due is found by the sweep, or in a page.
    CHECK(sent[i + 1] - sent[i] <= delays[i] + 65s);
  }
}

TEST_CASE("Retry-After on 503 lengthens the wait") {
  actor_fixture f;
  f.subscribe();
  f.submit();
  REQUIRE(f.requests.size() == 1);
  f.requests[0].done({.status_code = 503,
                      .error = domain::attempt_error::none,
                      .body = {},
                      .retry_after = 20s,
                      .duration = {}});
  f.requests.clear();
  f.simulated.advance(19s, 100ms);
  CHECK(f.requests.empty());
  f.simulated.advance(2s, 100ms);
  CHECK(f.requests.size() == 1);
}

TEST_CASE("the same idempotency key gives the first event again and no second delivery") {
  actor_fixture f;
  f.subscribe();
  const auto with_key = [](std::uint8_t body) {
    return [body](actors::event_draft& draft) {
      draft.idempotent =
          persistence::idempotency{.key_hash = {{7}}, .body_hash = {{body}}, .expires_at = {}};
    };
  };
  const auto first = f.submit(1, with_key(1));
  const auto again = f.submit(1, with_key(1));
  REQUIRE(again->events.size() == 1);
  CHECK(again->events[0].duplicate);
  CHECK(again->events[0].id == first->events[0].id);
  CHECK(f.requests.size() == 1);
}

TEST_CASE("a subscription has no more requests under way than its window allows") {
  actor_fixture f;
  f.subscribe([](auto& wanted) { wanted.settings.max_in_flight = 3; });
  f.submit(10);
  CHECK(f.requests.size() == 3);
  f.answer_all(200);
  CHECK(f.requests.size() == 3);
}

TEST_CASE("all subscriptions together have no more requests under way than the cap") {
  actor_fixture f{[](auto& settings) { settings.attempts_in_flight_max = 5; }};
  f.subscribe();
  f.subscribe();
  f.submit(10);
  CHECK(f.requests.size() == 5);
  f.answer_all(200);
  CHECK(f.requests.size() == 5);
}

TEST_CASE("a backlog larger than the window is delivered completely, each event once") {
  actor_fixture f{[](auto& settings) { settings.window.deliveries_max = 16; }};
  f.subscribe();
  for (int i = 0; i < 5; ++i)
    f.submit(100);
  for (int i = 0; i < 1000 && f.all_ids.size() < 500; ++i) {
    f.answer_all(200);
    f.simulated.advance(10ms);
  }
  f.answer_all(200);
  CHECK(f.all_ids.size() == 500);
  CHECK(std::set<std::string>(f.all_ids.begin(), f.all_ids.end()).size() == 500);
}

TEST_CASE("a subscription with a rate limit gets its deliveries spread evenly") {
  actor_fixture f;
  f.subscribe([](auto& wanted) { wanted.settings.rate_limit_per_second = 10; });
  f.submit(100);
  for (int second = 1; second <= 5; ++second) {
    for (int i = 0; i < 100; ++i) {
      f.simulated.advance(10ms);
      f.answer_all(200);
    }
    CHECK(f.all_ids.size() >= 10U * static_cast<std::size_t>(second));
    CHECK(f.all_ids.size() <= 10U * static_cast<std::size_t>(second) + 2);
  }
}

TEST_CASE("a paused subscription holds its deliveries, and delivers them when it is resumed") {
  actor_fixture f;
  auto subscription = f.subscribe();
  subscription.paused = true;
  subscription = f.change(subscription);
  f.submit(3);
  f.simulated.advance(5s, 100ms);
  CHECK(f.requests.empty());
  subscription.paused = false;
  f.change(subscription);
  f.simulated.advance(1s);
  CHECK(f.requests.size() == 3);
}

TEST_CASE("a subscription that is deleted gets nothing more") {
  actor_fixture f;
  const auto subscription = f.subscribe([](auto& wanted) { wanted.settings.max_in_flight = 1; });
  f.submit(3);
  REQUIRE(f.requests.size() == 1);
  const persistence::tenant tenant{f.organization.id, std::nullopt};
  REQUIRE(f.store->open_catalog()->delete_subscription(tenant, subscription.id, f.simulated.now()));
  f.gateway.catalog_changed();
  f.simulated.run();
  f.answer_all(200);
  f.simulated.advance(10s, 100ms);
  CHECK(f.requests.empty());
  CHECK(f.awake_subscriptions() == 0);
}

TEST_CASE("a receiver that is gone has its subscription disabled, and its deliveries held") {
  actor_fixture f;
  const auto subscription = f.subscribe([](auto& wanted) { wanted.settings.max_in_flight = 1; });
  const auto submitted = f.submit(2);
  f.answer_all(410);
  f.simulated.advance(1min, 1s);
  CHECK(f.requests.empty());
  CHECK(f.submit()->events.size() == 1);
  f.simulated.advance(1min, 1s);
  CHECK(f.requests.empty());
  const persistence::tenant tenant{f.organization.id, std::nullopt};
  auto disabled = f.store->open_catalog()->find_subscription(tenant, subscription.id);
  REQUIRE(disabled);
  CHECK(disabled->disabled == domain::disabled_reason::gone);
  for (const auto& appended : submitted->events)
    CHECK(f.delivery({appended.id, subscription.number}).status == delivery_status::pending);

  disabled->disabled = domain::disabled_reason::none;
  f.change(*disabled);
  for (int i = 0; i < 5; ++i) {
    f.simulated.advance(1s);
    f.answer_all(200);
  }
  for (const auto& appended : submitted->events)
    CHECK(f.delivery({appended.id, subscription.number}).status == delivery_status::delivered);
}

TEST_CASE("a cancelled delivery that waits is not sent") {
  actor_fixture f;
  const auto subscription = f.subscribe([](auto& wanted) { wanted.settings.max_in_flight = 1; });
  const auto submitted = f.submit(2);
  REQUIRE(f.requests.size() == 1);
  const auto in_flight = f.requests[0].header("webhook-id");
  const auto waits =
      std::find_if(submitted->events.begin(), submitted->events.end(),
                   [&](const auto& appended) { return to_string(appended.id) != in_flight; });
  const domain::delivery_id id{waits->id, subscription.number};
  const persistence::tenant tenant{f.organization.id, std::nullopt};
  REQUIRE(f.store->open_history()->cancel_delivery(tenant, id, f.simulated.now()));
  f.gateway.delivery_cancelled(id);
  f.simulated.run();
  f.answer_all(200);
  f.simulated.advance(10s, 100ms);
  CHECK(f.requests.empty());
  CHECK(f.delivery(id).status == delivery_status::cancelled);
}

TEST_CASE("the sweep finds a delivery that nobody was told of") {
  actor_fixture f;
  const auto subscription = f.subscribe();
  f.gateway.catalog_changed();
  f.simulated.advance(1min, 1s);
  const auto event = f.commit_unannounced(subscription);
  f.simulated.advance(4s, 100ms);
  REQUIRE(f.requests.size() == 1);
  CHECK(f.requests[0].header("webhook-id") == to_string(event));
}

TEST_CASE("what was committed by a node whose clock is behind is found by the next full sweep") {
  actor_fixture f{[](actors::settings& settings) { settings.full_sweep_interval = 1min; }};
  const auto subscription = f.subscribe();
  f.gateway.catalog_changed();
  f.simulated.advance(90s, 1s);
  const auto event = f.commit_unannounced(subscription, 1min);
  f.simulated.advance(1min, 1s);
  REQUIRE(f.requests.size() == 1);
  CHECK(f.requests[0].header("webhook-id") == to_string(event));
}

TEST_CASE("the sweep goes on when the clock has gone back, at its next pass") {
  actor_fixture f;
  const auto subscription = f.subscribe();
  f.gateway.catalog_changed();
  f.simulated.advance(30s, 1s);
  f.env.now = [&f] { return f.simulated.now() - 1h; };
  const auto event = f.commit_unannounced(subscription, 1h);
  f.simulated.advance(10s, 1s);
  REQUIRE(f.requests.size() == 1);
  CHECK(f.requests[0].header("webhook-id") == to_string(event));
}

TEST_CASE("an idle subscription ends, and is woken by its next event") {
  actor_fixture f;
  f.subscribe();
  f.submit();
  f.answer_all(200);
  CHECK(f.awake_subscriptions() == 1);
  f.simulated.advance(5min, 1s);
  CHECK(f.awake_subscriptions() == 0);
  f.submit();
  f.simulated.advance(1s);
  CHECK(f.awake_subscriptions() == 1);
  CHECK(f.requests.size() == 1);
}

TEST_CASE("a subscription actor that fails is restarted, and repeats only what was under way") {
  actor_fixture f;
  const auto subscription = f.subscribe();
  const auto submitted = f.submit();
  f.crashes_to_come = 1;
  f.answer_all(200);
  CHECK(f.requests.empty());
  f.simulated.advance(1s);
  REQUIRE(f.requests.size() == 1);
  CHECK(f.requests[0].header("webhook-id") == to_string(submitted->events[0].id));
  f.answer_all(200);
  const domain::delivery_id id{submitted->events[0].id, subscription.number};
  CHECK(f.delivery(id).status == delivery_status::delivered);
}

TEST_CASE("an event whose handling fails again and again is isolated, and no other with it") {
  actor_fixture f;
  const auto subscription = f.subscribe();
  const auto poison = f.submit()->events[0].id;
  for (int tries = 0; tries < 3; ++tries) {
    REQUIRE(f.requests.size() == 1);
    f.crashes_to_come = 1;
    f.answer_all(200);
    f.simulated.advance(1s);
  }
  CHECK(f.requests.empty());
  const domain::delivery_id id{poison, subscription.number};
  CHECK(f.delivery(id).status == delivery_status::dead);
  const auto attempts =
      f.store->open_history()->list_attempts({f.organization.id, std::nullopt}, id);
  REQUIRE(attempts);
  REQUIRE(attempts->size() == 1);
  CHECK(attempts->front().error == domain::attempt_error::isolated);
  CHECK(f.metrics.deliveries_isolated.Value() == 1);
  f.submit();
  f.answer_all(200);
  const auto card = f.actors.find("/ingest/subscription-1");
  REQUIRE(card);
  CHECK(card->state == supervision::actor_state::running);
  CHECK(card->failures() == 3);
}

TEST_CASE("an event that made its subscription fail twice is delivered once it does not any more") {
  actor_fixture f;
  const auto subscription = f.subscribe();
  const auto submitted = f.submit();
  for (int tries = 0; tries < 2; ++tries) {
    f.crashes_to_come = 1;
    f.answer_all(200);
    f.simulated.advance(1s);
  }
  f.answer_all(200);
  const domain::delivery_id id{submitted->events[0].id, subscription.number};
  CHECK(f.delivery(id).status == delivery_status::delivered);
  CHECK(f.metrics.deliveries_isolated.Value() == 0);
}

TEST_CASE("an isolated event that somebody asks for again is tried again") {
  actor_fixture f;
  const auto subscription = f.subscribe();
  const auto poison = f.submit()->events[0].id;
  for (int tries = 0; tries < 3; ++tries) {
    f.crashes_to_come = 1;
    f.answer_all(200);
    f.simulated.advance(1s);
  }
  const domain::delivery_id id{poison, subscription.number};
  REQUIRE(f.store->open_history()->retry_delivery({f.organization.id, std::nullopt}, id,
                                                  f.simulated.now()));
  f.simulated.advance(5s, 100ms);
  REQUIRE(f.requests.size() == 1);
  f.answer_all(200);
  CHECK(f.delivery(id).status == delivery_status::delivered);
}

namespace {

/// Has the actor of the first subscription fail past its budget, for no event's sake.
void exhaust_first_subscription(actor_fixture& f) {
  f.submit();
  for (int failure = 0; failure < 6; ++failure) {
    f.env.observer.before_message = [](const supervision::actor_card& card) {
      if (card.path == "/ingest/subscription-1")
        throw std::runtime_error("crash on purpose");
    };
    f.simulated.advance(200ms);
    f.submit();
    f.env.observer.before_message = nullptr;
    f.simulated.advance(5s, 100ms);
  }
}

}  // namespace

TEST_CASE("a subscription actor that fails past its budget is quarantined, and no other with it") {
  actor_fixture f;
  f.subscribe([](auto& wanted) { wanted.settings.event_types = {"order.*"}; });
  f.subscribe([](auto& wanted) { wanted.settings.event_types = {"order.*"}; });
  exhaust_first_subscription(f);
  const auto card = f.actors.find("/ingest/subscription-1");
  REQUIRE(card);
  CHECK(card->state == supervision::actor_state::quarantined);
  CHECK(card->read().last_failure == "crash on purpose");
  CHECK(f.actors.find("/ingest/subscription-2")->failures() == 0);
  f.requests.clear();
  f.submit();
  CHECK(f.requests.size() == 1);
}

TEST_CASE("a subscription that is released from quarantine delivers what was held") {
  actor_fixture f;
  const auto subscription = f.subscribe();
  exhaust_first_subscription(f);
  f.requests.clear();
  const auto held = f.submit();
  CHECK(f.requests.empty());
  CHECK(f.actors.find("/ingest/subscription-1")->command(supervision::child_command::release));
  f.simulated.advance(5s, 100ms);
  for (int round = 0; round < 10; ++round) {
    f.answer_all(200);
    f.simulated.advance(1s);
  }
  const domain::delivery_id id{held->events[0].id, subscription.number};
  CHECK(f.delivery(id).status == delivery_status::delivered);
}

TEST_CASE("a subscription that is restarted on demand repeats nothing") {
  actor_fixture f;
  const auto subscription = f.subscribe();
  const auto submitted = f.submit();
  const auto card = f.actors.find("/ingest/subscription-1");
  REQUIRE(card->command(supervision::child_command::restart));
  f.simulated.run();
  CHECK(card->state == supervision::actor_state::stopping);
  f.answer_all(200);
  f.simulated.advance(1s);
  CHECK(card->state == supervision::actor_state::running);
  CHECK(card->restarts() == 1);
  CHECK(f.all_ids.size() == 1);
  CHECK(f.delivery({submitted->events[0].id, subscription.number}).status ==
        delivery_status::delivered);
}

TEST_CASE("a subscription that does not end in time for its restart is killed, and loses nothing") {
  actor_fixture f;
  const auto subscription = f.subscribe();
  const auto submitted = f.submit();
  const auto card = f.actors.find("/ingest/subscription-1");
  REQUIRE(card->command(supervision::child_command::restart));
  f.simulated.advance(6s, 100ms);
  CHECK(card->state == supervision::actor_state::running);
  f.simulated.advance(60s, 1s);
  f.answer_all(200);
  f.simulated.advance(1s);
  CHECK(f.delivery({submitted->events[0].id, subscription.number}).status ==
        delivery_status::delivered);
}

TEST_CASE("when ingest fails its subscriptions are replaced, and nothing is lost") {
  actor_fixture f;
  f.subscribe();
  f.submit();
  caf::anon_send_exit(f.env.addresses.ingest.get(), caf::exit_reason::kill);
  f.simulated.advance(20s, 100ms);
  std::set<std::string> sent(f.all_ids.begin(), f.all_ids.end());
  CHECK(sent.size() == 1);
  f.answer_all(200);
  f.submit();
  f.simulated.advance(1s);
  CHECK(f.requests.size() == 1);
}

TEST_CASE("attempts that the dispatcher held when it failed are made again") {
  actor_fixture f{[](auto& settings) { settings.attempts_in_flight_max = 1; }};
  f.subscribe();
  f.submit(3);
  REQUIRE(f.requests.size() == 1);
  caf::anon_send_exit(f.env.addresses.dispatcher.get(), caf::exit_reason::kill);
  f.simulated.advance(2s);
  for (int i = 0; i < 5; ++i) {
    f.answer_all(200);
    f.simulated.advance(1s);
  }
  CHECK(std::set<std::string>(f.all_ids.begin(), f.all_ids.end()).size() == 3);
}

TEST_CASE("an outcome that its writer took to the grave is recorded by the next one") {
  actor_fixture f;
  const auto subscription = f.subscribe();
  const auto submitted = f.submit();
  caf::anon_send_exit(f.env.addresses.outcome_writers[0].get(), caf::exit_reason::kill);
  f.answer_all(200);
  f.simulated.advance(30s, 100ms);
  const domain::delivery_id id{submitted->events[0].id, subscription.number};
  CHECK(f.delivery(id).status == delivery_status::delivered);
  CHECK(f.all_ids.size() == 1);
}

TEST_CASE("while the store takes no outcomes, attempts end with a bounded number of them waiting") {
  actor_fixture f{[](auto& settings) { settings.outcomes_waiting_max = 3; }};
  f.subscribe([](auto& wanted) { wanted.settings.max_in_flight = 1; });
  f.subscribe([](auto& wanted) { wanted.settings.max_in_flight = 1; });
  f.store->records = false;
  f.submit(10);
  for (int i = 0; i < 20; ++i) {
    f.answer_all(200);
    f.simulated.advance(1s);
  }
  const auto sent = f.all_ids.size();
  CHECK(sent >= 3);
  CHECK(sent <= 3 + 2);  // and what was under way
  CHECK(f.env.outcomes_waiting == static_cast<std::int64_t>(sent));

  f.store->records = true;
  for (int i = 0; i < 40; ++i) {
    f.simulated.advance(1s);
    f.answer_all(200);
  }
  CHECK(f.all_ids.size() == 20);
  CHECK(f.env.outcomes_waiting == 0);
}

TEST_CASE("outcomes that the store cannot take together in time are recorded in smaller groups") {
  actor_fixture f;
  f.subscribe();
  f.store->records = false;
  f.submit(10);
  f.answer_all(200);
  REQUIRE(f.env.outcomes_waiting == 10);

  f.store->records = true;
  f.store->outcomes_in_time_max = 1;
  f.simulated.advance(1min);
  CHECK(f.env.outcomes_waiting == 0);
  CHECK(f.all_ids.size() == 10);
}

TEST_CASE("draining lets attempts under way end, starts none, and refuses submissions") {
  actor_fixture f;
  f.subscribe([](auto& wanted) { wanted.settings.max_in_flight = 1; });
  f.submit(2);
  auto drained = std::make_shared<std::promise<void>>();
  auto done = drained->get_future();
  caf::anon_send(f.env.addresses.ingest.get(), actors::drain_all{std::move(drained)});
  f.simulated.run();
  CHECK(done.wait_for(0s) == std::future_status::timeout);
  CHECK(f.submit()->error == domain::ec::draining);
  f.answer_all(200);
  CHECK(done.wait_for(0s) == std::future_status::ready);
  CHECK(f.all_ids.size() == 1);
}

TEST_CASE("a submission beyond the admission's limit is refused at once") {
  actor_fixture f;
  for (int i = 0; i < 100; ++i)
    REQUIRE(f.admission.enter());
  CHECK(f.submit()->error == domain::ec::overloaded);
}

TEST_CASE("a test event is sent at once and recorded nowhere") {
  actor_fixture f;
  const auto subscription = f.subscribe();
  auto event = std::make_shared<domain::event>();
  event->type = "talaria.test";
  event->payload = "{}";
  std::optional<domain::attempt> made;
  f.gateway.send_test(std::make_shared<domain::subscription>(subscription), event,
                      [&](domain::attempt attempt) { made = std::move(attempt); });
  f.simulated.run();
  REQUIRE(f.requests.size() == 1);
  f.answer_all(204);
  REQUIRE(made);
  CHECK(made->status_code == 204);
}

TEST_CASE("what the subscriptions of an ingest that died had held is found by the next") {
  actor_fixture f;
  f.subscribe([](auto& wanted) { wanted.settings.max_in_flight = 1; });
  f.submit(20);
  f.simulated.advance(60s, 1s);
  REQUIRE(f.requests.size() == 1);
  caf::anon_send_exit(f.env.addresses.ingest.get(), caf::exit_reason::kill);
  f.simulated.advance(5s, 100ms);
  CHECK(f.requests.size() == 2);
}
