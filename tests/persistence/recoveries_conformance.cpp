#include "tests/persistence/conformance.hpp"

#include <boost/json/parse.hpp>

#include <thread>

namespace talaria::persistence::test {

namespace {

using domain::recovery;
using domain::recovery_id;
using domain::recovery_status;
using ids = std::vector<domain::event_id>;

/// Submits an event to a subscription and lets its delivery die.
domain::event_id die(world& world, const domain::subscription& subscription) {
  const auto event = world.submit({subscription});
  world.finish(event, subscription, delivery_status::dead);
  return event;
}

ids die_often(world& world, const domain::subscription& subscription, std::size_t events) {
  ids dead;
  for (std::size_t i = 0; i < events; ++i)
    dead.push_back(die(world, subscription));
  return dead;
}

result<recovery> create(world& world, const domain::subscription& subscription,
                        timestamp since = at(-1'000), timestamp until = at(1'000'000)) {
  return world.recoveries->create(world.owner, subscription.id, recovery_id{world.new_id()},
                                  {since, until, 100}, world.now);
}

recovery advance(world& world, const recovery& it, std::size_t deliveries_max) {
  return expect(world.recoveries->advance(it.id, deliveries_max, world.now));
}

recovery found(world& world, const recovery& it) {
  return expect(world.recoveries->find(world.owner, it.subscription, it.id));
}

std::vector<domain::operational_event> told(world& world) {
  std::vector<domain::operational_event> events;
  for (const auto& untold : expect(world.store->open_outbox()->first(100)))
    events.push_back(untold.event);
  return events;
}

void give_system_application(world& world) {
  expect(world.catalog->ensure_system_applications(world.now, [&] { return world.new_id(); }));
}

}  // namespace

STORE_TEST_CASE("a recovery makes pending what died from its beginning on and before its end") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  ids dead;
  for (const auto received : {at(10) - 1ms, at(10), at(11), at(20) - 1ms, at(20)}) {
    world.now = received;
    dead.push_back(die(world, subscription));
  }
  world.now = at(30);
  const auto it = expect(create(world, subscription, at(10), at(20)));
  CHECK(it.total == 3);
  const auto ended = advance(world, it, 4);
  CHECK(ended.status == recovery_status::finished);
  CHECK(ended.redelivered == 3);
  CHECK(world.pending(subscription) == ids{dead[1], dead[2], dead[3]});
}

STORE_TEST_CASE("the bounds of a recovery are cut to the milliseconds that ids have") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  const auto it = expect(create(world, subscription, at(10) + 1999us, at(20) + 999us));
  CHECK(it.wanted.since == at(10) + 1ms);
  CHECK(it.wanted.until == at(20));
}

STORE_TEST_CASE("only what is dead is made pending, and only of its subscription") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  const auto other = world.subscribe();
  die(world, other);
  const auto delivered = world.submit({subscription});
  world.finish(delivered, subscription, delivery_status::delivered);
  const auto cancelled = world.submit({subscription});
  expect(
      world.history->cancel_delivery(world.owner, delivery_of(cancelled, subscription), world.now));
  const auto dead = die(world, subscription);
  const auto it = expect(create(world, subscription));
  CHECK(it.total == 1);
  CHECK(advance(world, it, 10).redelivered == 1);
  CHECK(world.pending(subscription) == ids{dead});
  CHECK(world.pending(other).empty());
}

STORE_TEST_CASE("what a recovery made pending is due at once, its schedule from the start") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  const auto event = world.submit({subscription});
  world.record(world.outcome(event, subscription, 1, delivery_status::pending));
  world.record(world.outcome(event, subscription, 2, delivery_status::dead));
  world.now = at(100);
  advance(world, expect(create(world, subscription)), 1);
  const auto page = expect(world.queue->page({subscription.number, at(100), 10, SIZE_MAX}));
  REQUIRE(page.deliveries.size() == 1);
  CHECK(page.deliveries[0].progress.attempts == 2);
  CHECK(page.deliveries[0].progress.run_attempts == 0);
  CHECK(page.deliveries[0].progress.due == at(100));
  CHECK(world.delivery(event, subscription).status == delivery_status::pending);
  CHECK(world.record(world.outcome(event, subscription, 3, delivery_status::delivered)) ==
        record_status::recorded);
}

STORE_TEST_CASE("a recovery goes on where it stopped, and makes nothing pending twice") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  const auto dead = die_often(world, subscription, 5);
  const auto it = expect(create(world, subscription));
  CHECK(advance(world, it, 2).redelivered == 2);
  CHECK(world.pending(subscription) == ids{dead[0], dead[1]});
  // What dies again stays dead: it has been redelivered.
  CHECK(world.record(world.outcome(dead[0], subscription, 2, delivery_status::dead)) ==
        record_status::recorded);
  world.reopen();
  CHECK(found(world, it).redelivered == 2);
  CHECK(advance(world, it, 2).redelivered == 4);
  world.reopen();
  const auto ended = advance(world, it, 2);
  CHECK(ended.redelivered == 5);
  CHECK(ended.status == recovery_status::finished);
  CHECK(world.pending(subscription) == ids{dead[1], dead[2], dead[3], dead[4]});
  CHECK(world.delivery(dead[0], subscription).status == delivery_status::dead);
}

STORE_TEST_CASE("a recovery is finished by the step that finds fewer than it may take") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  die_often(world, subscription, 4);
  const auto it = expect(create(world, subscription));
  CHECK(advance(world, it, 2).status == recovery_status::running);
  CHECK(advance(world, it, 2).status == recovery_status::running);
  world.now = at(7);
  const auto ended = advance(world, it, 2);
  CHECK(ended.status == recovery_status::finished);
  CHECK(ended.ended_at == at(7));
  CHECK(ended.updated_at == at(7));
  CHECK(found(world, it).ended_at == at(7));
  CHECK(expect(world.recoveries->running()).empty());
  world.now = at(8);
  die(world, subscription);
  CHECK(advance(world, it, 2).redelivered == 4);
}

STORE_TEST_CASE("what somebody retried meanwhile is passed over") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  const auto dead = die_often(world, subscription, 3);
  const auto it = expect(create(world, subscription));
  expect(world.history->retry_delivery(world.owner, delivery_of(dead[1], subscription), world.now));
  CHECK(advance(world, it, 10).redelivered == 2);
  CHECK(found(world, it).total == 3);
  CHECK(world.pending(subscription) == dead);
}

STORE_TEST_CASE(
    "a recovery and somebody who retries the same deliveries do not disturb each other") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  const auto dead = die_often(world, subscription, 60);
  const auto it = expect(create(world, subscription));
  std::vector<ec> failures;
  std::thread somebody{[&] {
    const auto history = world.store->open_history();
    for (const auto& event : dead) {
      const auto retried =
          history->retry_delivery(world.owner, delivery_of(event, subscription), at(0));
      if (!retried)
        failures.push_back(retried.error().code);
    }
  }};
  while (advance(world, it, 1).status == recovery_status::running) {
  }
  somebody.join();
  CHECK(failures.empty());
  CHECK(world.pending(subscription) == dead);
}

STORE_TEST_CASE("a recovery holds while a thousand deliveries are due, and with one less goes on") {
  static_assert(recoveries::due_max == 1'000);
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  const auto dead = die(world, subscription);
  std::vector<new_event> waiting;
  for (std::size_t i = 0; i < recoveries::due_max; ++i)
    waiting.push_back(world.event({subscription}));
  expect(world.append(waiting));
  const auto it = expect(create(world, subscription));
  world.now = at(1);
  const auto held = advance(world, it, 10);
  CHECK(held.status == recovery_status::running);
  CHECK(held.redelivered == 0);
  CHECK(held.updated_at == at(0));
  // A retry that is due later is no burden now.
  world.record(world.outcome(waiting[0].event->id, subscription, 1, delivery_status::pending));
  CHECK(advance(world, it, 10).redelivered == 1);
  CHECK(world.delivery(dead, subscription).status == delivery_status::pending);
}

STORE_TEST_CASE("an ordered subscription gets its dead deliveries back in their places") {
  auto world = make_world<place_type>();
  auto wanted = world.new_subscription();
  wanted.settings.ordering = domain::ordering::fifo;
  const auto subscription = expect(world.catalog->insert_subscription(wanted));
  ids submitted;
  for (int i = 0; i < 3; ++i) {
    auto made = world.event({subscription});
    made.fan_out.front().ordering = domain::ordering::fifo;
    submitted.push_back(expect(world.append({made})).events.front().id);
  }
  world.finish(submitted[0], subscription, delivery_status::dead);
  world.finish(submitted[1], subscription, delivery_status::dead);
  advance(world, expect(create(world, subscription)), 10);
  const auto page = expect(world.queue->page({.subscription = subscription.number,
                                              .until = world.now,
                                              .deliveries_max = 10,
                                              .payload_bytes_max = 1'000'000,
                                              .ordering = domain::ordering::fifo}));
  REQUIRE(page.deliveries.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(page.deliveries[i].event->id == submitted[i]);
    CHECK(page.deliveries[i].sequence == i + 1);
  }
}

STORE_TEST_CASE("a subscription has one recovery at a time, others are not concerned") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  const auto it = expect(create(world, subscription));
  CHECK(code_of(create(world, subscription)) == ec::conflict);
  const auto other = expect(create(world, world.subscribe()));
  const auto running = expect(world.recoveries->running());
  REQUIRE(running.size() == 2);
  CHECK(running[0].id == it.id);
  CHECK(running[0].number == subscription.number);
  CHECK(running[0].wanted.rate_per_second == 100);
  CHECK(running[1].id == other.id);
  advance(world, it, 1);
  expect(create(world, subscription));
}

STORE_TEST_CASE("a recovery that is cancelled stays so, and keeps what it has done") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  const auto dead = die_often(world, subscription, 3);
  const auto it = expect(create(world, subscription));
  advance(world, it, 1);
  world.now = at(5);
  const auto cancelled =
      expect(world.recoveries->cancel(world.owner, subscription.id, it.id, world.now));
  CHECK(cancelled.status == recovery_status::cancelled);
  CHECK(cancelled.ended_at == at(5));
  CHECK(cancelled.redelivered == 1);
  CHECK(code_of(world.recoveries->cancel(world.owner, subscription.id, it.id, world.now)) ==
        ec::conflict);
  CHECK(advance(world, it, 10).redelivered == 1);
  CHECK(world.pending(subscription) == ids{dead[0]});
  expect(create(world, subscription));
}

STORE_TEST_CASE("recoveries are listed newest first, page by page, each with its subscription") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  std::vector<recovery_id> made;
  for (int i = 0; i < 3; ++i) {
    const auto it = expect(create(world, subscription));
    advance(world, it, 1);
    made.push_back(it.id);
  }
  expect(create(world, world.subscribe()));
  const auto first = expect(world.recoveries->list(world.owner, subscription.id, {2, {}}));
  REQUIRE(first.rows.size() == 2);
  CHECK(first.more);
  CHECK(first.rows[0].id == made[2]);
  CHECK(first.rows[0].subscription == subscription.id);
  const auto rest =
      expect(world.recoveries->list(world.owner, subscription.id, {2, first.rows[1].id.value}));
  REQUIRE(rest.rows.size() == 1);
  CHECK_FALSE(rest.more);
  CHECK(rest.rows[0].id == made[0]);
}

STORE_TEST_CASE("the recoveries of a stranger's subscription are not found") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  const auto other = world.subscribe();
  const auto it = expect(create(world, subscription));
  auto& recoveries = *world.recoveries;
  const auto stranger = world::stranger();
  const recovery_id fresh{world.new_id()};
  CHECK(code_of(recoveries.create(stranger, other.id, fresh, it.wanted, world.now)) ==
        ec::not_found);
  CHECK(code_of(recoveries.find(stranger, subscription.id, it.id)) == ec::not_found);
  CHECK(code_of(recoveries.list(stranger, subscription.id, {})) == ec::not_found);
  CHECK(code_of(recoveries.cancel(stranger, subscription.id, it.id, world.now)) == ec::not_found);
  // Nor is one below another subscription of its owner, nor one that there is not.
  CHECK(code_of(recoveries.find(world.owner, other.id, it.id)) == ec::not_found);
  CHECK(code_of(recoveries.cancel(world.owner, other.id, it.id, world.now)) == ec::not_found);
  CHECK(code_of(recoveries.find(world.owner, subscription.id, fresh)) == ec::not_found);
  CHECK(code_of(recoveries.cancel(world.owner, subscription.id, fresh, world.now)) ==
        ec::not_found);
  CHECK(code_of(recoveries.advance(fresh, 1, world.now)) == ec::not_found);
  CHECK(found(world, it).status == recovery_status::running);
}

STORE_TEST_CASE("the recovery of a subscription that was deleted is cancelled by its next step") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  const auto dead = die(world, subscription);
  const auto it = expect(create(world, subscription));
  expect(world.catalog->delete_subscription(world.owner, subscription.id, world.now));
  CHECK(advance(world, it, 10).status == recovery_status::cancelled);
  CHECK(found(world, it).redelivered == 0);
  CHECK(world.delivery(dead, subscription).status == delivery_status::dead);
  CHECK(expect(world.recoveries->running()).empty());
  CHECK(code_of(create(world, subscription)) == ec::not_found);
}

STORE_TEST_CASE("the recovery of an application that was deleted is cancelled by its next step") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  die(world, subscription);
  const auto it = expect(create(world, subscription));
  expect(world.catalog->delete_application(world.owner, world.application.id, world.now));
  CHECK(advance(world, it, 10).status == recovery_status::cancelled);
  CHECK(expect(world.recoveries->running()).empty());
}

STORE_TEST_CASE("events that are expired are neither counted nor redelivered") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  die(world, subscription);
  world.now = at(1);
  const auto kept = die(world, subscription);
  world.now = at(1) + world.default_retention;
  const auto it = expect(create(world, subscription));
  CHECK(it.total == 1);
  CHECK(advance(world, it, 10).redelivered == 1);
  CHECK(world.pending(subscription) == ids{kept});
}

STORE_TEST_CASE("the end of a recovery is told once, with the step that ends it") {
  auto world = make_world<place_type>();
  give_system_application(world);
  const auto subscription = world.subscribe();
  die_often(world, subscription, 2);
  const auto it = expect(create(world, subscription, at(-10), at(10)));
  advance(world, it, 2);
  CHECK(told(world).empty());
  advance(world, it, 2);
  advance(world, it, 2);
  const auto events = told(world);
  REQUIRE(events.size() == 1);
  CHECK(events[0].type == "recover.finished");
  CHECK(events[0].id == it.id.value);
  CHECK(events[0].application == world.application.id);
  const auto payload = boost::json::parse(events[0].payload);
  CHECK(payload.at("status") == "finished");
  CHECK(payload.at("redelivered") == 2);
}

STORE_TEST_CASE("that a recovery was cancelled is told, whoever did it") {
  auto world = make_world<place_type>();
  give_system_application(world);
  const std::vector subscriptions{world.subscribe(), world.subscribe()};
  const auto by_hand = expect(create(world, subscriptions[0]));
  const auto by_deletion = expect(create(world, subscriptions[1]));
  expect(world.recoveries->cancel(world.owner, subscriptions[0].id, by_hand.id, world.now));
  expect(world.catalog->delete_subscription(world.owner, subscriptions[1].id, world.now));
  advance(world, by_deletion, 1);
  const auto events = told(world);
  REQUIRE(events.size() == 2);
  for (const auto& event : events)
    CHECK(boost::json::parse(event.payload).at("status") == "cancelled");
}

}  // namespace talaria::persistence::test
