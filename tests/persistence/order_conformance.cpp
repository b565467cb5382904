#include "tests/persistence/conformance.hpp"

#include <algorithm>
#include <thread>

/// The places of deliveries in the order of their subscription, and paused queues.
namespace talaria::persistence::test {

namespace {

domain::subscription subscribe_in_order(world& world) {
  auto wanted = world.new_subscription();
  wanted.settings.ordering = domain::ordering::fifo;
  return expect(world.catalog->insert_subscription(wanted));
}

/// An event for an ordered subscription.
new_event ordered(world& world, const domain::subscription& subscription) {
  auto made = world.event({subscription});
  made.fan_out.front().ordering = domain::ordering::fifo;
  return made;
}

domain::event_id submit_in_order(world& world, const domain::subscription& subscription) {
  auto made = ordered(world, subscription);
  return expect(world.append({made})).events.front().id;
}

pending_page page_in_order(world& world, const domain::subscription& subscription,
                           std::size_t deliveries_max = 100, domain::priority_set held = {}) {
  return expect(world.queue->page({.subscription = subscription.number,
                                   .until = world.now,
                                   .deliveries_max = deliveries_max,
                                   .payload_bytes_max = 1'000'000,
                                   .ordering = domain::ordering::fifo,
                                   .held = held}));
}

std::vector<std::uint64_t> places(const pending_page& page) {
  std::vector<std::uint64_t> found;
  for (const auto& delivery : page.deliveries)
    found.push_back(delivery.sequence.value_or(0));
  return found;
}

std::vector<domain::event_id> ids(const pending_page& page) {
  std::vector<domain::event_id> found;
  for (const auto& delivery : page.deliveries)
    found.push_back(delivery.event->id);
  return found;
}

using numbers = std::vector<std::uint64_t>;

}  // namespace

STORE_TEST_CASE("deliveries of an ordered subscription get places in the order of their commits") {
  auto world = make_world<place_type>();
  const auto subscription = subscribe_in_order(world);
  const auto other = subscribe_in_order(world);
  auto first = ordered(world, subscription);
  auto second = ordered(world, subscription);
  // The later id is committed first.
  expect(world.append({second}));
  expect(world.append({first}));
  submit_in_order(world, other);
  const auto page = page_in_order(world, subscription);
  CHECK(ids(page) == std::vector{second.event->id, first.event->id});
  CHECK(places(page) == numbers{1, 2});
  CHECK(places(page_in_order(world, other)) == numbers{1});
}

STORE_TEST_CASE("events of one group get their places in its order, side by side with others") {
  auto world = make_world<place_type>();
  const auto subscription = subscribe_in_order(world);
  const auto parallel = world.subscribe();
  std::vector<new_event> group;
  for (int i = 0; i < 3; ++i) {
    group.push_back(world.event({subscription, parallel}));
    group.back().fan_out.front().ordering = domain::ordering::fifo;
  }
  group[1].idempotent = idempotency{hash_of("key"), hash_of("body"), world.now + 1h};
  expect(world.append(group));
  CHECK(places(page_in_order(world, subscription)) == numbers{1, 2, 3});
  CHECK(world.pending(parallel).size() == 3);
}

STORE_TEST_CASE("a duplicate, or an event that is stored again, takes no second place") {
  auto world = make_world<place_type>();
  const auto subscription = subscribe_in_order(world);
  auto keyed = world.keyed_event("key");
  keyed.fan_out = {
      {subscription.number, shard_of(subscription.id), domain::ordering::fifo, std::nullopt}};
  expect(world.append({keyed}));
  expect(world.append({keyed}));
  auto again = world.keyed_event("key");
  again.fan_out = keyed.fan_out;
  CHECK(expect(world.append({again})).events.front().duplicate);
  CHECK(page_in_order(world, subscription).deliveries.size() == 1);
}

STORE_TEST_CASE("a page in order holds what is due later, unless that is the first") {
  auto world = make_world<place_type>();
  const auto subscription = subscribe_in_order(world);
  const auto first = submit_in_order(world, subscription);
  const auto second = submit_in_order(world, subscription);
  world.record(world.outcome(second, subscription, 1, delivery_status::pending));
  CHECK(ids(page_in_order(world, subscription)) == std::vector{first, second});
  world.record(world.outcome(first, subscription, 1, delivery_status::pending));
  const auto waiting = page_in_order(world, subscription);
  CHECK(waiting.deliveries.empty());
  CHECK(waiting.next_due == world.now + 10s);
}

STORE_TEST_CASE("a page in order ends where it is told to, and says that there is more") {
  auto world = make_world<place_type>();
  const auto subscription = subscribe_in_order(world);
  for (int i = 0; i < 100; ++i)
    submit_in_order(world, subscription);
  const auto page = page_in_order(world, subscription, 70);
  REQUIRE(page.deliveries.size() == 70);
  CHECK(page.next_due == world.now);
  const auto found = places(page);
  CHECK(std::ranges::is_sorted(found));
  CHECK(found.back() == 70);
  CHECK_FALSE(page_in_order(world, subscription, 100).next_due);
}

STORE_TEST_CASE("a delivery keeps its place when it is retried after its end, whatever that was") {
  for (const auto end :
       {delivery_status::delivered, delivery_status::dead, delivery_status::cancelled}) {
    auto world = make_world<place_type>();
    const auto subscription = subscribe_in_order(world);
    submit_in_order(world, subscription);
    const auto event = submit_in_order(world, subscription);
    submit_in_order(world, subscription);
    const auto id = delivery_of(event, subscription);
    if (end == delivery_status::cancelled)
      expect(world.history->cancel_delivery(world.owner, id, world.now));
    else
      world.finish(event, subscription, end);
    CHECK(places(page_in_order(world, subscription)) == numbers{1, 3});
    expect(world.history->retry_delivery(world.owner, id, world.now));
    CHECK(places(page_in_order(world, subscription)) == numbers{1, 2, 3});
  }
}

STORE_TEST_CASE("what waits when a subscription becomes ordered is placed by its event's id") {
  auto world = make_world<place_type>();
  auto subscription = world.subscribe();
  const auto ended = world.submit({subscription});
  world.finish(ended, subscription, delivery_status::dead);
  const auto first = world.event({subscription});
  const auto second = world.event({subscription});
  expect(world.append({second}));
  expect(world.append({first}));
  subscription.settings.ordering = domain::ordering::fifo;
  subscription = expect(world.catalog->update_subscription(subscription));
  const auto third = submit_in_order(world, subscription);
  expect(world.history->retry_delivery(world.owner, delivery_of(ended, subscription), world.now));
  const auto page = page_in_order(world, subscription);
  CHECK(ids(page) == std::vector{first.event->id, second.event->id, third, ended});
  CHECK(places(page) == numbers{1, 2, 3, 4});
  // Back and forth changes nothing.
  subscription.settings.ordering = domain::ordering::parallel;
  subscription = expect(world.catalog->update_subscription(subscription));
  CHECK(world.pending(subscription).size() == 4);
  subscription.settings.ordering = domain::ordering::fifo;
  expect(world.catalog->update_subscription(subscription));
  CHECK(places(page_in_order(world, subscription)) == numbers{1, 2, 3, 4});
}

STORE_TEST_CASE("what was committed without a place, while the order changed, is found at last") {
  auto world = make_world<place_type>();
  const auto subscription = subscribe_in_order(world);
  const auto straggler = world.submit({subscription});
  const auto event = submit_in_order(world, subscription);
  CHECK(ids(page_in_order(world, subscription)) == std::vector{event});
  world.finish(event, subscription, delivery_status::delivered);
  const auto page = page_in_order(world, subscription);
  CHECK(ids(page) == std::vector{straggler});
  CHECK(places(page) == numbers{2});
}

STORE_TEST_CASE("of appenders that race, each place is given once and none is skipped") {
  constexpr std::size_t events = 40;
  auto world = make_world<place_type>();
  const std::vector subscriptions{subscribe_in_order(world), subscribe_in_order(world)};
  std::vector<std::vector<event_group>> groups(3);
  for (auto& of_thread : groups) {
    for (std::size_t i = 0; i < events; ++i) {
      auto made = world.event(subscriptions);
      for (auto& target : made.fan_out)
        target.ordering = domain::ordering::fifo;
      of_thread.push_back({{made}});
    }
  }
  const auto revision = world.catalog_revision();
  std::vector<std::thread> threads;
  for (const auto& of_thread : groups) {
    threads.emplace_back([&] {
      const auto appender = world.store->open_event_appender();
      for (const auto& group : of_thread) {
        while (!appender->append(std::span{&group, 1}, revision)) {
        }
      }
    });
  }
  for (auto& thread : threads)
    thread.join();
  numbers all(3 * events);
  for (std::size_t i = 0; i < all.size(); ++i)
    all[i] = i + 1;
  for (const auto& subscription : subscriptions)
    CHECK(places(page_in_order(world, subscription, 1000)) == all);
}

STORE_TEST_CASE("queues are paused and resumed, and raise the revision when they change") {
  auto world = make_world<place_type>();
  CHECK(expect(world.catalog->paused_queues()) == domain::priority_set{});
  const auto before = world.catalog_revision();
  expect(world.catalog->set_queue_paused(domain::priority::low, true));
  expect(world.catalog->set_queue_paused(domain::priority::low, true));
  CHECK(world.catalog_revision() == before + 1);
  world.reopen();
  domain::priority_set low;
  low.insert(domain::priority::low);
  CHECK(expect(world.catalog->paused_queues()) == low);
  CHECK(expect(world.catalog->changes_since(before)).paused_queues == low);
  CHECK(expect(world.catalog->changes_since(before + 1)).paused_queues == low);
  expect(world.catalog->set_queue_paused(domain::priority::low, false));
  CHECK(expect(world.catalog->paused_queues()) == domain::priority_set{});
  CHECK(world.catalog_revision() == before + 2);
}

STORE_TEST_CASE("a page passes over priorities that are held, and an ordered one stops at them") {
  auto world = make_world<place_type>();
  const auto subscription = subscribe_in_order(world);
  domain::priority_set held;
  held.insert(domain::priority::low);
  std::vector<domain::event_id> submitted;
  for (const auto priority :
       {domain::priority::high, domain::priority::low, domain::priority::normal}) {
    auto made = ordered(world, subscription);
    auto event = *made.event;
    event.priority = priority;
    made.event = std::make_shared<const domain::event>(event);
    submitted.push_back(expect(world.append({made})).events.front().id);
  }
  const auto in_order = page_in_order(world, subscription, 100, held);
  CHECK(ids(in_order) == std::vector{submitted[0]});
  CHECK_FALSE(in_order.next_due);
  const auto parallel = expect(world.queue->page({.subscription = subscription.number,
                                                  .until = world.now,
                                                  .deliveries_max = 100,
                                                  .payload_bytes_max = 1'000'000,
                                                  .held = held}));
  CHECK(ids(parallel) == std::vector{submitted[0], submitted[2]});
  CHECK_FALSE(parallel.next_due);
}

STORE_TEST_CASE("a delivery waits in the queue that its subscription chose, or in its event's") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  auto made = world.event({subscription});
  made.fan_out.front().priority = domain::priority::high;
  expect(world.append({made}));
  world.submit({subscription});
  const auto depths = expect(world.history->queue_depths());
  REQUIRE(depths.size() == 3);
  CHECK(depths[0].pending == 1);
  CHECK(depths[1].pending == 1);
  CHECK(depths[2].pending == 0);
}

}  // namespace talaria::persistence::test
