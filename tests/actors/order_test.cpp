#include "tests/actors/actor_fixture.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>

using namespace talaria;
using namespace std::chrono_literals;
using domain::delivery_status;
using test::actor_fixture;

namespace {

void in_order(domain::subscription& wanted) {
  wanted.settings.ordering = domain::ordering::fifo;
}

void with_short_retries(domain::subscription& wanted) {
  in_order(wanted);
  wanted.settings.retry = domain::retry_schedule{{2s, 3s, 50s}};
}

std::uint64_t sequence_of(const test::sent_request& sent) {
  return std::stoull(sent.header("webhook-sequence"));
}

/// Lets time pass and answers what comes with 200, until nothing comes any more.
void deliver_all(actor_fixture& f) {
  for (int quiet = 0; quiet < 100;) {
    quiet = f.requests.empty() ? quiet + 1 : 0;
    f.answer_all(200);
    f.simulated.advance(1s, 100ms);
  }
}

void kill_somebody(actor_fixture& f, std::uint32_t random) {
  const auto& at = f.env.addresses;
  switch (random % 4) {
    case 0:
      caf::anon_send_exit(at.ingest.get(), caf::exit_reason::kill);
      break;
    case 1:
      caf::anon_send_exit(at.outcome_writers[0].get(), caf::exit_reason::kill);
      break;
    case 2:
      caf::anon_send_exit(at.dispatcher.get(), caf::exit_reason::kill);
      break;
    default:
      f.crashes_to_come = 1;
  }
}

}  // namespace

TEST_CASE("an ordered subscription gets one event after the other, with its place") {
  actor_fixture f;
  f.subscribe(in_order);
  const auto submitted = f.submit(5);
  for (std::uint64_t place = 1; place <= 5; ++place) {
    REQUIRE(f.requests.size() == 1);
    CHECK(sequence_of(f.requests[0]) == place);
    CHECK(f.requests[0].header("webhook-id") == to_string(submitted->events[place - 1].id));
    f.answer_all(200);
  }
  CHECK(f.requests.empty());
}

TEST_CASE("the first of an order is retried before the second is tried") {
  actor_fixture f;
  f.subscribe(with_short_retries);
  f.submit(2);
  for (int attempt = 1; attempt <= 3; ++attempt) {
    REQUIRE(f.requests.size() == 1);
    CHECK(sequence_of(f.requests[0]) == 1);
    f.answer_all(500);
    f.simulated.advance(10s, 100ms);
  }
  f.simulated.advance(60s, 1s);
  REQUIRE(f.requests.size() == 1);
  CHECK(sequence_of(f.requests[0]) == 1);
  CHECK(f.requests[0].header("webhook-attempt") == "4");
  f.answer_all(500);
  REQUIRE(f.requests.size() == 1);
  CHECK(sequence_of(f.requests[0]) == 2);
}

TEST_CASE("an order that another process took over is not gone on with, however often it is due") {
  actor_fixture f;
  f.subscribe(in_order);
  f.submit(3);
  REQUIRE(f.requests.size() == 1);
  REQUIRE(f.store->open_shard_ownership()->claim_all("another-incarnation"));
  f.answer_all(200);
  CHECK(f.requests.empty());
  f.submit(1);
  f.simulated.advance(60s, 100ms);
  CHECK(f.requests.empty());
  CHECK(f.awake_subscriptions() == 0);
}

TEST_CASE("in parallel no place is told") {
  actor_fixture f;
  f.subscribe();
  f.submit();
  CHECK(f.requests.at(0).header("webhook-sequence").empty());
}

TEST_CASE("an order goes on after a pause where it stopped") {
  actor_fixture f;
  auto subscription = f.subscribe(in_order);
  f.submit(3);
  f.answer_all(200);
  subscription.paused = true;
  subscription = f.change(subscription);
  f.answer_all(200);
  f.submit(1);
  f.simulated.advance(5s, 100ms);
  CHECK(f.requests.empty());
  subscription.paused = false;
  f.change(subscription);
  for (std::uint64_t place = 3; place <= 4; ++place) {
    REQUIRE(f.requests.size() == 1);
    CHECK(sequence_of(f.requests[0]) == place);
    f.answer_all(200);
  }
}

TEST_CASE("a delivery that is replayed takes its former place, before all that came later") {
  actor_fixture f;
  const auto subscription = f.subscribe(in_order);
  const auto first = f.submit(1);
  f.answer_all(200);
  f.submit(1);
  f.answer_all(200);
  REQUIRE(f.store->open_history()->retry_delivery({f.organization.id, std::nullopt},
                                                  {first->events[0].id, subscription.number},
                                                  f.simulated.now()));
  f.submit(1);
  f.simulated.run();
  REQUIRE(f.requests.size() == 1);
  CHECK(sequence_of(f.requests[0]) == 1);
  f.answer_all(200);
  REQUIRE(f.requests.size() == 1);
  CHECK(sequence_of(f.requests[0]) == 3);
}

TEST_CASE("a subscription that becomes ordered sends what waits in the order of submission") {
  actor_fixture f;
  auto subscription = f.subscribe([](auto& wanted) { wanted.paused = true; });
  const auto submitted = f.submit(4);
  subscription.settings.ordering = domain::ordering::fifo;
  subscription = f.change(subscription);
  subscription.paused = false;
  f.change(subscription);
  for (std::uint64_t place = 1; place <= 4; ++place) {
    REQUIRE(f.requests.size() == 1);
    CHECK(sequence_of(f.requests[0]) == place);
    CHECK(f.requests[0].header("webhook-id") == to_string(submitted->events[place - 1].id));
    f.answer_all(200);
  }
}

TEST_CASE("a paused queue holds its events, other queues go on, and resuming delivers them") {
  actor_fixture f;
  f.subscribe();
  const auto catalog = f.store->open_catalog();
  REQUIRE(catalog->set_queue_paused(domain::priority::low, true));
  f.gateway.catalog_changed();
  f.simulated.run();
  f.submit(2, [](actors::event_draft& draft) { draft.event->priority = domain::priority::low; });
  f.submit(1);
  f.simulated.advance(5min, 1s);
  CHECK(f.requests.size() == 1);
  f.answer_all(200);
  f.simulated.advance(5min, 1s);
  CHECK(f.awake_subscriptions() == 0);
  REQUIRE(catalog->set_queue_paused(domain::priority::low, false));
  f.gateway.catalog_changed();
  f.simulated.run();
  CHECK(f.requests.size() == 2);
}

TEST_CASE("a subscription whose own priority is paused is held as a whole") {
  actor_fixture f;
  f.subscribe([](auto& wanted) { wanted.settings.priority = domain::priority::high; });
  const auto catalog = f.store->open_catalog();
  f.submit(1);
  f.answer_all(200);
  REQUIRE(catalog->set_queue_paused(domain::priority::high, true));
  f.gateway.catalog_changed();
  f.simulated.run();
  f.submit(2);
  f.simulated.advance(3s, 100ms);
  CHECK(f.requests.empty());
  REQUIRE(catalog->set_queue_paused(domain::priority::high, false));
  f.gateway.catalog_changed();
  f.simulated.run();
  CHECK(f.requests.size() == 2);
}

TEST_CASE("in order, an event of a paused queue holds up what comes after it") {
  actor_fixture f;
  f.subscribe(in_order);
  const auto catalog = f.store->open_catalog();
  REQUIRE(catalog->set_queue_paused(domain::priority::low, true));
  f.gateway.catalog_changed();
  f.simulated.run();
  f.submit(1, [](actors::event_draft& draft) { draft.event->priority = domain::priority::low; });
  f.submit(1);
  f.simulated.advance(5s, 100ms);
  CHECK(f.requests.empty());
  REQUIRE(catalog->set_queue_paused(domain::priority::low, false));
  f.gateway.catalog_changed();
  f.simulated.run();
  REQUIRE(f.requests.size() == 1);
  CHECK(sequence_of(f.requests[0]) == 1);
}

TEST_CASE(
    "whatever fails and dies, an ordered receiver sees each event after all before it ended") {
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    std::mt19937 random{seed};
    const auto chance = [&](unsigned percent) { return random() % 100 < percent; };
    actor_fixture f{[](auto& settings) {
      settings.window.deliveries_max = 8;
      settings.passivate_after = 20s;
    }};
    auto subscription = f.subscribe([](domain::subscription& wanted) {
      with_short_retries(wanted);
      wanted.settings.circuit_breaker.min_calls = 5;
      wanted.settings.circuit_breaker.open = 5s;
    });
    std::vector<domain::event_id> events;
    std::size_t seen = 0;
    auto last_death = f.simulated.now();
    const auto tenant = persistence::tenant{f.organization.id, std::nullopt};

    const auto queue = f.store->open_queue_reader();
    // In their order; nothing else than this test's clock moves it on meanwhile.
    const auto read_pending = [&] {
      const auto page = queue->page({.subscription = subscription.number,
                                     .until = f.simulated.now() + 24h,
                                     .deliveries_max = 10'000,
                                     .payload_bytes_max = 10'000'000,
                                     .ordering = domain::ordering::fifo});
      REQUIRE(page);
      return page->deliveries;
    };
    const auto check_new_requests = [&] {
      if (seen == f.all_ids.size())
        return;
      const auto pending = read_pending();
      for (; seen < f.all_ids.size(); ++seen) {
        const auto sent = std::ranges::find(events, f.all_ids[seen],
                                            [](const auto& id) { return to_string(id); });
        REQUIRE(sent != events.end());
        const auto first_pending = std::ranges::find_if(events, [&](const domain::event_id& id) {
          return std::ranges::any_of(
              pending, [&](const auto& delivery) { return delivery.event->id == id; });
        });
        REQUIRE(sent <= first_pending);
      }
    };
    const auto advance = [&](std::chrono::milliseconds by) {
      for (auto passed = 0ms; passed < by; passed += 100ms) {
        f.simulated.advance(100ms);
        check_new_requests();
      }
    };

    for (int step = 0; step < 150; ++step) {
      if (chance(30)) {
        const auto submitted = f.submit(1 + random() % 3);
        for (const auto& event : submitted->events)
          events.push_back(event.id);
      }
      check_new_requests();
      if (chance(60))
        f.answer_all(chance(60) ? 200 : 500);
      check_new_requests();
      if (chance(5)) {
        subscription.paused = !subscription.paused;
        auto current = f.store->open_catalog()->find_subscription(tenant, subscription.id);
        REQUIRE(current);
        current->paused = subscription.paused;
        f.change(*current);
      }
      // Seldom enough for everybody's restart budget, and not while a crash is to come, which a
      // supervisor would meet when it draws the wait for another.
      if (chance(10) && f.simulated.now() - last_death > 15s && f.crashes_to_come == 0) {
        last_death = f.simulated.now();
        kill_somebody(f, random());
      }
      advance(std::chrono::milliseconds{100 * (random() % 20)});
    }
    f.crashes_to_come = 0;
    auto current = f.store->open_catalog()->find_subscription(tenant, subscription.id);
    REQUIRE(current);
    current->paused = false;
    f.change(*current);
    deliver_all(f);
    check_new_requests();
    CHECK(read_pending().empty());
  }
}
