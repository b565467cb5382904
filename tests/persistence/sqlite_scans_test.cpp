#include "tests/persistence/sqlite_scans.hpp"

#include "tests/persistence/conformance.hpp"

namespace talaria::persistence::test {

namespace {

void use_every_session(world& world) {
  const tenant bound{world.organization.id, world.application.id};
  std::vector<domain::subscription> subscriptions;
  for (int i = 0; i < 10; ++i)
    subscriptions.push_back(world.subscribe());
  for (int i = 0; i < 100; ++i) {
    const auto& subscription = subscriptions[static_cast<std::size_t>(i) % subscriptions.size()];
    auto event = world.event({subscription});
    event.idempotent = idempotency{hash_of(std::to_string(i)), hash_of("body"), world.now + 1h};
    expect(world.append({event}));
    if (i % 2 == 0)
      world.finish(event.event->id, subscription,
                   i % 4 == 0 ? delivery_status::delivered : delivery_status::dead);
  }
  const auto& subscription = subscriptions[0];
  const auto event = world.submit({subscription});
  const auto id = delivery_of(event, subscription);
  world.record(world.outcome(event, subscription, 1, delivery_status::pending));

  for (const auto& tenant : {world.owner, bound}) {
    expect(world.history->list_events(tenant, {"user.created", {{"a", "1"}}, at(-1), at(1)}, {}));
    expect(world.history->list_events(tenant, {{}, {{"a", "1"}}, {}, {}}, {}));
    expect(world.history->list_events(tenant, {}, {250, std::nullopt}));
    expect(world.history->find_event(tenant, event));
    expect(world.history->find_delivery(tenant, id));
    expect(world.history->list_attempts(tenant, id));
    for (const auto& of_subscription : {std::optional{subscription.id}, {}}) {
      for (const auto& of_event : {std::optional{event}, {}})
        expect(world.history->list_deliveries(
            tenant, {delivery_status::delivered, of_subscription, of_event}, {}));
    }
    expect(world.history->list_deliveries(tenant, {}, {10, domain::to_uuid(id)}));
    expect(world.catalog->find_subscription(tenant, subscription.id));
    expect(world.catalog->list_subscriptions(tenant, {2, hash_of("a")}));
    expect(world.catalog->find_application(tenant, world.application.id));
    expect(world.catalog->find_application_by_name(tenant, "default"));
    expect(world.catalog->list_applications(tenant, {}));
    expect(world.history->cancel_delivery(tenant, id, world.now));
    expect(world.history->retry_delivery(tenant, id, world.now));
    expect(world.history->replay_event(tenant, event, world.now));
  }
  const domain::subscription_health failing{.failing_since = at(0), .breaker = std::nullopt};
  const health_change change{.subscription = subscription.number,
                             .shard = shard_of(subscription.id),
                             .epoch = world.shards.front().epoch,
                             .health = failing,
                             .given_up = true,
                             .changed_at = at(0),
                             .tells = {}};
  expect(world.recorder->record_health(world.node, std::span{&change, 1}));
  expect(world.catalog->find_subscription(subscription.number));
  expect(world.store->open_outbox()->first(10));
  expect(world.store->open_outbox()->remove(std::vector{hash_of("a")}));
  expect(world.queue->page({subscription.number, at(100), 3, 1000}));
  expect(world.queue->due_subscriptions({}, at(-1), at(100)));
  expect(world.tenants->find_api_keys("first"));
  expect(world.catalog->changes_since(1));
  expect(world.catalog->secret_key_uses());
  expect(world.catalog->reseal_secrets(reseal_scope::all, {}, 3));
  expect(world.catalog->update_application(world.owner, world.application));
  expect(world.catalog->update_subscription(
      expect(world.catalog->find_subscription(subscription.number))));
  const domain::recovery_id recovery{hash_of("recovery")};
  expect(world.recoveries->create(world.owner, subscription.id, recovery, {at(-1), at(1), 100},
                                  at(1)));
  expect(world.recoveries->find(world.owner, subscription.id, recovery));
  expect(world.recoveries->list(world.owner, subscription.id, {}));
  CHECK(expect(world.recoveries->running()).size() == 1);
  CHECK(expect(world.recoveries->advance(recovery, 1, at(1))).redelivered == 1);
  expect(world.recoveries->cancel(world.owner, subscription.id, recovery, at(1)));
  expect(world.tenants->list_api_keys(world.owner, {}));
  expect(world.tenants->list_api_keys({world.organization.id, world.application.id}, {}));
  expect(world.tenants->changes_since(0));
  expect(world.event_types->list(world.owner, {}));
  expect(world.event_types->list({world.organization.id, world.application.id}, {}));
  expect(world.event_types->of_application(world.application.id));
  expect(world.request_log->list(world.owner, {}));
  expect(world.request_log->list({world.organization.id, world.application.id}, {}));
  expect(world.request_log->find_creation(world.organization.id, hash_of("key"), at(1)));
  expect(world.history->count_pending(world.organization.id, 10));
  expect(world.catalog->insert_subscription(world.new_subscription(), 10'000));
  expect(world.upkeep->purge_creations(at(1), 10));
  expect(world.upkeep->purge_audit_entries(at(1), 10));
  expect(world.upkeep->purge_events(at(1), std::chrono::days{0}, 10));
  expect(world.upkeep->purge_idempotency_keys(at(10'000), 10));
  expect(world.catalog->delete_subscription(world.owner, subscription.id, world.now));
  expect(world.catalog->delete_application(world.owner, world.application.id, world.now));
  CHECK(world.store->probe());
}

}  // namespace

TEST_CASE("no statement of the SQLite store reads a large table from end to end") {
  world world{std::make_unique<sqlite_place>()};
  const statement_watch watch;
  world.reopen();
  use_every_session(world);
  CHECK(watch.statements_seen() > 50);
  for (const auto& scan : watch.full_scans()) {
    // The list of tables is short, and read once at the start.
    if (scan.find("from sqlite_master") == std::string::npos)
      FAIL_CHECK(scan);
  }
}

}  // namespace talaria::persistence::test
