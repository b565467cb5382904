#include "tests/persistence/conformance.hpp"

namespace talaria::persistence::test {

STORE_TEST_CASE("a page holds what is due, in the order of due times, and says what comes next") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  const auto retried = world.submit({subscription});
  world.record(world.outcome(retried, subscription, 1, delivery_status::pending));  // due at 10
  world.now = at(5);
  const auto second = world.submit({subscription});
  world.now = at(20);
  const auto third = world.submit({subscription});

  auto page = expect(world.queue->page({subscription.number, at(10), 10, SIZE_MAX}));
  REQUIRE(page.deliveries.size() == 2);
  CHECK(page.deliveries[0].event->id == second);
  CHECK(page.deliveries[1].event->id == retried);
  CHECK(page.next_due == at(20));

  page = expect(world.queue->page({subscription.number, at(20), 10, SIZE_MAX}));
  REQUIRE(page.deliveries.size() == 3);
  CHECK(page.deliveries[2].event->id == third);
  CHECK_FALSE(page.next_due);
}

STORE_TEST_CASE("the bound of a page's due times is inclusive") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  world.submit({subscription});
  const auto early =
      expect(world.queue->page({subscription.number, world.now - 1us, 10, SIZE_MAX}));
  CHECK(early.deliveries.empty());
  CHECK(early.next_due == world.now);
  CHECK(
      expect(world.queue->page({subscription.number, world.now, 10, SIZE_MAX})).deliveries.size() ==
      1);
}

STORE_TEST_CASE("an empty queue makes an empty page with nothing to come") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  const auto page =
      expect(world.queue->page({subscription.number, timestamp::max(), 10, SIZE_MAX}));
  CHECK(page.deliveries.empty());
  CHECK_FALSE(page.next_due);
}

STORE_TEST_CASE("a page ends at its number of deliveries and names the due time of the next") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  std::vector<domain::event_id> events;
  for (int i = 0; i < 4; ++i) {
    world.now = at(i);
    events.push_back(world.submit({subscription}));
  }
  const auto page = expect(world.queue->page({subscription.number, at(100), 3, SIZE_MAX}));
  REQUIRE(page.deliveries.size() == 3);
  for (std::size_t i = 0; i < 3; ++i)
    CHECK(page.deliveries[i].event->id == events[i]);
  CHECK(page.next_due == at(3));

  const auto exact = expect(world.queue->page({subscription.number, at(100), 4, SIZE_MAX}));
  CHECK(exact.deliveries.size() == 4);
  CHECK_FALSE(exact.next_due);
}

STORE_TEST_CASE("a page ends before the payload that exceeds its bytes, but holds one at least") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  for (int i = 0; i < 3; ++i) {
    world.now = at(i);
    world.submit({subscription}, std::string(100, 'x'));
  }
  const auto size = [&](std::size_t payload_bytes_max) {
    const auto page =
        expect(world.queue->page({subscription.number, at(9), 10, payload_bytes_max}));
    return page.deliveries.size();
  };
  CHECK(size(300) == 3);
  CHECK(size(299) == 2);
  CHECK(size(200) == 2);
  CHECK(size(199) == 1);
  CHECK(size(0) == 1);
  CHECK(expect(world.queue->page({subscription.number, at(9), 10, 200})).next_due == at(2));
  // The reader is as good as before after a page that was cut.
  CHECK(size(300) == 3);
}

STORE_TEST_CASE("deliveries due at the same time come in the order of their events") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  std::vector<domain::event_id> events;
  for (int i = 0; i < 5; ++i)
    events.push_back(world.submit({subscription}));
  CHECK(world.pending(subscription) == events);
}

STORE_TEST_CASE("a page's events carry everything a delivery needs") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  auto made = std::make_shared<domain::event>(*world.event().event);
  made->payload = "{\"n\":1.10}";
  made->labels = {{"region", "\"eu\""}};
  made->priority = domain::priority::low;
  expect(world.append({{made, {{subscription.number, shard_of(subscription.id)}}, {}}}));
  const auto page = expect(world.queue->page({subscription.number, world.now, 1, SIZE_MAX}));
  REQUIRE(page.deliveries.size() == 1);
  const auto& found = *page.deliveries[0].event;
  CHECK(found.id == made->id);
  CHECK(found.application == made->application);
  CHECK(found.type == made->type);
  CHECK(found.payload == made->payload);
  CHECK(found.labels == made->labels);
  CHECK(found.occurred_at == made->occurred_at);
  CHECK(found.received_at == made->received_at);
  CHECK(found.priority == made->priority);
}

STORE_TEST_CASE("due subscriptions are those with work in the interval, each once, in order") {
  auto world = make_world<place_type>();
  const auto first = world.subscribe();
  const auto second = world.subscribe();
  const auto idle = world.subscribe();
  world.now = at(10);
  world.submit({second});
  world.submit({first, second});
  world.now = at(30);
  world.submit({idle});
  const auto due = [&](timestamp after, timestamp until) {
    return expect(world.queue->due_subscriptions({}, after, until));
  };
  CHECK(due(at(0), at(20)) == std::vector{first.number, second.number});
  CHECK(due(timestamp::min(), timestamp::max()) ==
        std::vector{first.number, second.number, idle.number});
  CHECK(due(at(9), at(10)).size() == 2);
  CHECK(due(at(10), at(20)).empty());
  CHECK(due(at(0), at(9)).empty());
}

STORE_TEST_CASE("due subscriptions can be asked for by shard") {
  auto world = make_world<place_type>();
  const auto first = world.subscribe();
  auto second = world.subscribe();
  while (shard_of(second.id) == shard_of(first.id))
    second = world.subscribe();
  world.submit({first, second});
  const auto due = [&](std::vector<shard_id> shards) {
    return expect(world.queue->due_subscriptions(shards, timestamp::min(), timestamp::max()));
  };
  CHECK(due({shard_of(first.id)}) == std::vector{first.number});
  CHECK(due({shard_of(second.id), shard_of(first.id)}) == std::vector{first.number, second.number});
}

STORE_TEST_CASE("a page of a session is up to date with what other sessions wrote before") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  for (int i = 0; i < 3; ++i) {
    const auto event = world.submit({subscription});
    CHECK(world.pending(subscription) == std::vector{event});
    world.finish(event, subscription, delivery_status::delivered);
    CHECK(world.pending(subscription).empty());
  }
}

}  // namespace talaria::persistence::test
