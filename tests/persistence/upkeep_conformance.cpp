#include "tests/persistence/conformance.hpp"

namespace talaria::persistence::test {

STORE_TEST_CASE("expired idempotency keys are purged, the others stay") {
  auto world = make_world<place_type>();
  for (int i = 0; i < 5; ++i) {
    world.now = at(i);
    expect(world.append({world.keyed_event("key " + std::to_string(i))}));
  }
  const auto purge = [&](timestamp now, std::size_t rows_max) {
    return expect(world.upkeep->purge_idempotency_keys(now, rows_max));
  };
  CHECK(purge(at(0) + 1h - 1us, 100) == 0);
  CHECK(purge(at(3) + 1h, 2) == 2);
  CHECK(purge(at(3) + 1h, 100) == 2);
  CHECK(purge(at(3) + 1h, 100) == 0);
  world.now = at(4);
  CHECK(expect(world.append({world.keyed_event("key 4")})).events.at(0).duplicate);
  CHECK_FALSE(expect(world.append({world.keyed_event("key 0")})).events.at(0).duplicate);
}

namespace {

/// So many days into the test's time.
timestamp day(int days) {
  return at(days * 86'400);
}

/// Purges until nothing from before that time is left to be purged.
void purge_events(world& world, timestamp before) {
  while (expect(world.upkeep->purge_events(before, std::chrono::days{0}, 3)) == 3) {
  }
}

}  // namespace

STORE_TEST_CASE("events of past days are purged with their attempts") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  std::vector<domain::event_id> events;
  for (int i = 0; i < 5; ++i) {
    world.now = day(i);
    events.push_back(world.submit({subscription}));
    world.finish(events.back(), subscription, delivery_status::delivered);
  }
  purge_events(world, day(1));
  CHECK(world.events() == std::vector{events[4], events[3], events[2], events[1]});
  purge_events(world, day(4));
  CHECK(world.events() == std::vector{events[4]});
  CHECK(code_of(world.history->find_event(world.owner, events[0])) == ec::not_found);
  CHECK(code_of(world.history->list_attempts(world.owner, delivery_of(events[0], subscription))) ==
        ec::not_found);
  const auto page = expect(world.history->list_deliveries(world.owner, {}, {}));
  REQUIRE(page.rows.size() == 1);
  CHECK(page.rows[0].id.event == events[4]);
}

STORE_TEST_CASE("an old event with a pending delivery stays until that has ended") {
  auto world = make_world<place_type>();
  const auto first = world.subscribe();
  const auto second = world.subscribe();
  const auto waiting = world.submit({first, second});
  world.finish(waiting, first, delivery_status::delivered);
  world.now = day(1);
  const auto ended = world.submit({first});
  world.finish(ended, first, delivery_status::dead);
  world.now = day(2);
  world.submit({});

  purge_events(world, day(10));
  CHECK(world.events() == std::vector{waiting});
  CHECK(world.delivery(waiting, first).status == delivery_status::delivered);

  world.finish(waiting, second, delivery_status::dead);
  purge_events(world, day(10));
  CHECK(world.events().empty());
}

STORE_TEST_CASE("events are stored on days that were prepared, and on others") {
  auto world = make_world<place_type>();
  for (int i = 0; i < 2; ++i)
    expect(world.upkeep->prepare(world.now));
  std::vector<domain::event_id> events;
  for (const int days : {0, 1, 7, 30}) {
    world.now = day(days);
    events.insert(events.begin(), world.submit({}));
  }
  CHECK(world.events() == events);
}

STORE_TEST_CASE("an event that was replayed is not purged") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  const auto event = world.submit({subscription});
  world.finish(event, subscription, delivery_status::delivered);
  expect(world.history->replay_event(world.owner, event, day(9)));
  CHECK(expect(world.upkeep->purge_events(day(10), std::chrono::days{0}, 10)) == 0);
  CHECK(world.pending(subscription) == std::vector{event});
}

STORE_TEST_CASE("purging in a store with nothing in it purges nothing") {
  auto world = make_world<place_type>();
  CHECK(expect(world.upkeep->purge_events(day(10), std::chrono::days{0}, 10)) == 0);
  CHECK(expect(world.upkeep->purge_idempotency_keys(at(100), 10)) == 0);
}

}  // namespace talaria::persistence::test
