#include "tests/persistence/conformance.hpp"

#include <algorithm>

/// Health, operational events, and the application that these go to.
namespace talaria::persistence::test {

namespace {

domain::operational_event telling(world& world, const domain::subscription& about,
                                  std::string type = "delivery.dead") {
  return {.id = world.new_id(),
          .organization = world.organization.id,
          .application = about.application,
          .type = std::move(type),
          .labels = {{"subscription_id", "\"it's\""}},
          .payload = R"({"why":"because \"of\" it"})",
          .occurred_at = world.now};
}

health_change change_of(world& world, const domain::subscription& of,
                        domain::subscription_health health) {
  const auto shard = shard_of(of.id);
  const auto owned = std::ranges::find(world.shards, shard, &owned_shard::shard);
  return {.subscription = of.number,
          .shard = shard,
          .epoch = owned->epoch,
          .health = std::move(health),
          .given_up = false,
          .changed_at = world.now,
          .tells = {}};
}

record_status record(world& world, const health_change& change) {
  return expect(world.recorder->record_health(world.node, std::span{&change, 1})).at(0);
}

domain::subscription_health health_of(world& world, const domain::subscription& of) {
  const auto by_number = expect(world.catalog->find_subscription(of.number));
  const auto by_id = expect(world.catalog->find_subscription(world.owner, of.id));
  CHECK(by_number.health == by_id.health);
  return by_id.health;
}

domain::application system_application(world& world) {
  const auto all = expect(world.catalog->list_applications(world.owner, {}));
  const auto found = std::ranges::find(all.rows, true, &domain::application::is_system);
  REQUIRE(found != all.rows.end());
  return *found;
}

void ensure(world& world) {
  expect(world.catalog->ensure_system_applications(world.now, [&] { return world.new_id(); }));
}

std::vector<domain::uuid> untold(world& world) {
  std::vector<domain::uuid> ids;
  for (const auto& each : expect(world.store->open_outbox()->first(100)))
    ids.push_back(each.event.id);
  return ids;
}

const domain::breaker_opening opening{
    .opened_at = at(10), .next_probe_at = at(40), .reason = "20 of 20 attempts failed"};

}  // namespace

STORE_TEST_CASE("a subscription is in good health until something else is recorded") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  CHECK(health_of(world, subscription) == domain::subscription_health{});
  const domain::subscription_health failing{.failing_since = at(1), .breaker = opening};
  CHECK(record(world, change_of(world, subscription, failing)) == record_status::recorded);
  world.reopen();
  CHECK(health_of(world, subscription) == failing);
  const auto listed = expect(world.catalog->list_subscriptions(world.owner, {}));
  CHECK(listed.rows.at(0).health == failing);
}

STORE_TEST_CASE("health replaces what was recorded before, and good health leaves nothing") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  record(world, change_of(world, subscription, {.failing_since = at(1), .breaker = opening}));
  const domain::subscription_health later{.failing_since = at(2), .breaker = std::nullopt};
  record(world, change_of(world, subscription, later));
  CHECK(health_of(world, subscription) == later);
  record(world, change_of(world, subscription, {}));
  CHECK(health_of(world, subscription) == domain::subscription_health{});
}

STORE_TEST_CASE("health does not raise the catalogue's revision, being given up does") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  const auto before = world.catalog_revision();
  auto change = change_of(world, subscription, {.failing_since = at(1), .breaker = std::nullopt});
  record(world, change);
  CHECK(world.catalog_revision() == before);
  change.given_up = true;
  record(world, change);
  CHECK(world.catalog_revision() == before + 1);
  const auto found = expect(world.catalog->find_subscription(subscription.number));
  CHECK(found.disabled == domain::disabled_reason::failing);
  CHECK_FALSE(found.active());
  const auto changed = expect(world.catalog->changes_since(before)).changed;
  REQUIRE(changed.size() == 1);
  CHECK(changed[0]->disabled == domain::disabled_reason::failing);
}

STORE_TEST_CASE("health of an earlier owner, another node or a deleted subscription is refused") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  const auto stale =
      change_of(world, subscription, {.failing_since = at(1), .breaker = std::nullopt});
  CHECK(expect(world.recorder->record_health("node-2", std::span{&stale, 1})).at(0) ==
        record_status::fenced);
  world.shards = expect(world.ownership->claim_all(world.node));
  CHECK(record(world, stale) == record_status::fenced);
  const auto current = change_of(world, subscription, stale.health);
  expect(world.catalog->delete_subscription(world.owner, subscription.id, world.now));
  CHECK(record(world, current) == record_status::not_pending);
}

STORE_TEST_CASE("enabling a disabled subscription forgets its health, other changes do not") {
  auto world = make_world<place_type>();
  auto subscription = world.subscribe();
  auto change = change_of(world, subscription, {.failing_since = at(1), .breaker = opening});
  change.given_up = true;
  record(world, change);
  auto current = expect(world.catalog->find_subscription(subscription.number));
  current.settings.description = "still off";
  current = expect(world.catalog->update_subscription(current));
  CHECK(health_of(world, subscription).failing_since == at(1));
  current.disabled = domain::disabled_reason::none;
  CHECK(expect(world.catalog->update_subscription(current)).health ==
        domain::subscription_health{});
  CHECK(health_of(world, subscription) == domain::subscription_health{});
}

STORE_TEST_CASE("each organization gets one system application, whatever its others are called") {
  auto world = make_world<place_type>();
  expect(world.catalog->insert_application(world.new_application("system")));
  const auto make = [&] { return world.new_id(); };
  CHECK(expect(world.catalog->ensure_system_applications(world.now, make)) == 1);
  CHECK(expect(world.catalog->ensure_system_applications(world.now, make)) == 0);
  const auto made = system_application(world);
  CHECK(made.name == "system-" + to_string(made.id));
  CHECK(expect(world.catalog->find_application(world.owner, made.id)).is_system);
  CHECK(code_of(world.catalog->delete_application(world.owner, made.id, world.now)) ==
        ec::conflict);
}

STORE_TEST_CASE("an operational event is written down with the outcome that it tells of") {
  auto world = make_world<place_type>();
  ensure(world);
  const auto subscription = world.subscribe();
  const auto event = world.submit({subscription});
  auto dead = world.outcome(event, subscription, 1, delivery_status::dead);
  dead.tells = {telling(world, subscription)};
  REQUIRE(world.record(dead) == record_status::recorded);
  world.reopen();
  const auto found = expect(world.store->open_outbox()->first(10));
  REQUIRE(found.size() == 1);
  CHECK(found[0].system_application == system_application(world).id);
  CHECK(found[0].event.id == dead.tells[0].id);
  CHECK(found[0].event.type == dead.tells[0].type);
  CHECK(found[0].event.labels == dead.tells[0].labels);
  CHECK(found[0].event.payload == dead.tells[0].payload);
  CHECK(found[0].event.occurred_at == dead.tells[0].occurred_at);
}

STORE_TEST_CASE("what is not recorded tells nothing") {
  auto world = make_world<place_type>();
  ensure(world);
  const auto subscription = world.subscribe();
  const auto event = world.submit({subscription});
  const auto good = world.submit({subscription});
  auto late = world.outcome(event, subscription, 2, delivery_status::dead);
  late.tells = {telling(world, subscription)};
  auto stale = world.outcome(event, subscription, 1, delivery_status::dead);
  stale.epoch = fencing_epoch{-1};
  stale.tells = {telling(world, subscription)};
  auto recorded = world.outcome(good, subscription, 1, delivery_status::dead);
  recorded.tells = {telling(world, subscription), telling(world, subscription)};
  const std::vector<outcome> all{late, stale, recorded};
  expect(world.recorder->record(world.node, all));
  CHECK(untold(world) == std::vector{recorded.tells[0].id, recorded.tells[1].id});
  auto change = change_of(world, subscription, {});
  change.epoch = fencing_epoch{-1};
  change.tells = {telling(world, subscription)};
  CHECK(record(world, change) == record_status::fenced);
  CHECK(untold(world).size() == 2);
}

STORE_TEST_CASE("a receiver that is gone is disabled and told of in one transaction") {
  auto world = make_world<place_type>();
  ensure(world);
  const auto subscription = world.subscribe();
  const auto event = world.submit({subscription});
  auto gone = world.outcome(event, subscription, 1, delivery_status::dead);
  gone.receiver_gone = true;
  gone.tells = {telling(world, subscription, "subscription.disabled")};
  world.record(gone);
  CHECK(expect(world.catalog->find_subscription(subscription.number)).disabled ==
        domain::disabled_reason::gone);
  CHECK(untold(world) == std::vector{gone.tells[0].id});
}

STORE_TEST_CASE("what happens in the system application itself is not told") {
  auto world = make_world<place_type>();
  ensure(world);
  auto wanted = world.new_subscription();
  wanted.application = system_application(world).id;
  const auto subscription = expect(world.catalog->insert_subscription(wanted));
  auto change = change_of(world, subscription, {.failing_since = at(1), .breaker = opening});
  change.tells = {telling(world, subscription)};
  CHECK(record(world, change) == record_status::recorded);
  CHECK(untold(world).empty());
}

STORE_TEST_CASE("operational events are read oldest first, and are gone once they are removed") {
  auto world = make_world<place_type>();
  ensure(world);
  const auto subscription = world.subscribe();
  auto change = change_of(world, subscription, {});
  for (int i = 0; i < 5; ++i)
    change.tells.push_back(telling(world, subscription));
  record(world, change);
  const auto outbox = world.store->open_outbox();
  const auto all = untold(world);
  REQUIRE(all.size() == 5);
  CHECK(std::ranges::is_sorted(all));
  CHECK(expect(outbox->first(2)).size() == 2);
  expect(outbox->remove(std::span{all}.first(3)));
  expect(outbox->remove(std::span{all}.first(3)));
  CHECK(untold(world) == std::vector{all[3], all[4]});
}

}  // namespace talaria::persistence::test
