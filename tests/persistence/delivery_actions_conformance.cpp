#include "tests/persistence/conformance.hpp"

namespace talaria::persistence::test {

namespace {

struct one_delivery {
  explicit one_delivery(world& world)
      : subscription{world.subscribe()},
        event{world.submit({subscription})},
        id{delivery_of(event, subscription)} {}

  domain::subscription subscription;
  domain::event_id event;
  domain::delivery_id id;
};

std::size_t attempts_listed(world& world, const domain::delivery_id& id) {
  return expect(world.history->list_attempts(world.owner, id)).size();
}

}  // namespace

STORE_TEST_CASE("a dead or delivered delivery that is retried starts its schedule anew") {
  for (const auto status : {delivery_status::dead, delivery_status::delivered}) {
    auto world = make_world<place_type>();
    const one_delivery it{world};
    world.record(world.outcome(it.event, it.subscription, 1, delivery_status::pending));
    world.record(world.outcome(it.event, it.subscription, 2, status));
    expect(world.history->retry_delivery(world.owner, it.id, at(100)));

    const auto page = expect(world.queue->page({it.subscription.number, at(100), 10, SIZE_MAX}));
    REQUIRE(page.deliveries.size() == 1);
    CHECK(page.deliveries[0].progress.attempts == 2);
    CHECK(page.deliveries[0].progress.run_attempts == 0);
    CHECK(page.deliveries[0].progress.due == at(100));
    CHECK(world.delivery(it.event, it.subscription).status == delivery_status::pending);
    CHECK(attempts_listed(world, it.id) == 2);

    CHECK(world.record(world.outcome(it.event, it.subscription, 3, delivery_status::delivered)) ==
          record_status::recorded);
    CHECK(world.delivery(it.event, it.subscription).attempts == 3);
    CHECK(attempts_listed(world, it.id) == 3);
  }
}

STORE_TEST_CASE("a retried delivery belongs to its shard again") {
  auto world = make_world<place_type>();
  const one_delivery it{world};
  world.finish(it.event, it.subscription, delivery_status::dead);
  expect(world.history->retry_delivery(world.owner, it.id, at(1)));
  const std::vector shards{shard_of(it.subscription.id)};
  CHECK(expect(world.queue->due_subscriptions(shards, timestamp::min(), at(1))) ==
        std::vector{it.subscription.number});
}

STORE_TEST_CASE("cancelling takes a delivery out of the queue, and is no attempt") {
  auto world = make_world<place_type>();
  const one_delivery it{world};
  world.record(world.outcome(it.event, it.subscription, 1, delivery_status::pending));
  expect(world.history->cancel_delivery(world.owner, it.id, at(5)));
  CHECK(world.pending(it.subscription).empty());
  const auto delivery = world.delivery(it.event, it.subscription);
  CHECK(delivery.status == delivery_status::cancelled);
  CHECK(delivery.attempts == 1);
  CHECK(delivery.ended_at == at(5));
  CHECK(attempts_listed(world, it.id) == 1);
}

STORE_TEST_CASE(
    "a cancelled delivery that is retried goes on where it was, as if never cancelled") {
  auto world = make_world<place_type>();
  const one_delivery it{world};
  for (int round = 0; round < 2; ++round) {
    expect(world.history->cancel_delivery(world.owner, it.id, at(5)));
    expect(world.history->retry_delivery(world.owner, it.id, at(6)));
    CHECK(world.pending(it.subscription) == std::vector{it.event});
    CHECK(world.delivery(it.event, it.subscription).attempts == 0);
  }
  CHECK(world.record(world.outcome(it.event, it.subscription, 1, delivery_status::delivered)) ==
        record_status::recorded);
  CHECK(attempts_listed(world, it.id) == 1);
}

STORE_TEST_CASE("only a pending delivery can be cancelled") {
  for (const auto status : {delivery_status::dead, delivery_status::delivered}) {
    auto world = make_world<place_type>();
    const one_delivery it{world};
    world.finish(it.event, it.subscription, status);
    CHECK(code_of(world.history->cancel_delivery(world.owner, it.id, at(5))) == ec::conflict);
    CHECK(world.delivery(it.event, it.subscription).status == status);
  }
  auto world = make_world<place_type>();
  const one_delivery it{world};
  expect(world.history->cancel_delivery(world.owner, it.id, at(5)));
  CHECK(code_of(world.history->cancel_delivery(world.owner, it.id, at(6))) == ec::conflict);
}

STORE_TEST_CASE("a pending delivery that is retried becomes due now, and never later than it was") {
  auto world = make_world<place_type>();
  const one_delivery it{world};
  world.record(world.outcome(it.event, it.subscription, 1, delivery_status::pending));
  expect(world.history->retry_delivery(world.owner, it.id, at(4)));
  CHECK(world.delivery(it.event, it.subscription).next_attempt_at == at(4));
  CHECK(world.delivery(it.event, it.subscription).attempts == 1);
  expect(world.history->retry_delivery(world.owner, it.id, at(9)));
  CHECK(world.delivery(it.event, it.subscription).next_attempt_at == at(4));
}

STORE_TEST_CASE("a delivery whose subscription was deleted cannot be retried") {
  auto world = make_world<place_type>();
  const one_delivery it{world};
  expect(world.catalog->delete_subscription(world.owner, it.subscription.id, world.now));
  CHECK(code_of(world.history->retry_delivery(world.owner, it.id, at(1))) == ec::conflict);
  CHECK(world.pending(it.subscription).empty());
}

STORE_TEST_CASE("a replay retries all deliveries of an event whose subscription still exists") {
  auto world = make_world<place_type>();
  std::vector<domain::subscription> subscriptions;
  for (int i = 0; i < 5; ++i)
    subscriptions.push_back(world.subscribe());
  const auto event = world.submit(subscriptions);
  world.finish(event, subscriptions[0], delivery_status::delivered);
  world.finish(event, subscriptions[1], delivery_status::dead);
  expect(world.history->cancel_delivery(world.owner, delivery_of(event, subscriptions[2]), at(1)));
  expect(world.catalog->delete_subscription(world.owner, subscriptions[3].id, at(1)));

  CHECK(expect(world.history->replay_event(world.owner, event, at(9))) ==
        std::vector{subscriptions[0].number, subscriptions[1].number, subscriptions[2].number,
                    subscriptions[4].number});
  for (const std::size_t i : {0, 1, 2, 4})
    CHECK(world.delivery(event, subscriptions[i]).status == delivery_status::pending);
  CHECK(world.delivery(event, subscriptions[3]).status == delivery_status::cancelled);
}

STORE_TEST_CASE("another tenant's event, or one that does not exist, cannot be replayed") {
  auto world = make_world<place_type>();
  const one_delivery it{world};
  world.finish(it.event, it.subscription, delivery_status::delivered);
  const tenant bound{world.organization.id, domain::application_id{hash_of("other")}};
  for (const auto& tenant : {world::stranger(), bound})
    CHECK(code_of(world.history->replay_event(tenant, it.event, at(1))) == ec::not_found);
  CHECK(code_of(world.history->replay_event(world.owner, domain::event_id{hash_of("none")},
                                            at(1))) == ec::not_found);
  CHECK(world.pending(it.subscription).empty());
}

STORE_TEST_CASE("queue depths count what is pending by priority, with the oldest due time") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  const auto submit = [&](domain::priority priority) {
    auto added = world.event({
        subscription,
    });
    auto event = std::make_shared<domain::event>(*added.event);
    event->priority = priority;
    added.event = event;
    expect(world.append({added}));
    return event->id;
  };
  submit(domain::priority::high);
  world.now = at(2);
  submit(domain::priority::high);
  const auto ended = submit(domain::priority::low);
  world.finish(ended, subscription, delivery_status::delivered);

  const auto depths = expect(world.history->queue_depths());
  REQUIRE(depths.size() == 3);
  CHECK(depths[0].priority == domain::priority::high);
  CHECK(depths[0].pending == 2);
  CHECK(depths[0].oldest_due == at(0));
  CHECK(depths[1].priority == domain::priority::normal);
  CHECK(depths[1].pending == 0);
  CHECK_FALSE(depths[1].oldest_due);
  CHECK(depths[2].priority == domain::priority::low);
  CHECK(depths[2].pending == 0);
}

}  // namespace talaria::persistence::test
