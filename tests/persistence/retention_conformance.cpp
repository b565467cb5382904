#include "tests/persistence/conformance.hpp"

namespace talaria::persistence::test {

namespace {

using std::chrono::days;

void set_retention(world& world, std::optional<std::uint32_t> retention_days) {
  world.application.retention_days = retention_days;
  expect(world.catalog->update_application(world.owner, world.application));
}

domain::event_id submit_labelled(world& world, const domain::subscription& subscription) {
  auto made = world.event({subscription});
  auto labelled = std::make_shared<domain::event>(*made.event);
  labelled->labels = {{"a", "1"}};
  made.event = labelled;
  return expect(world.append({std::move(made)})).events.at(0).id;
}

/// In how many ways the event, or the delivery of it, can be found.
int ways_to_find(world& world, const domain::event_id& event,
                 const domain::subscription& subscription) {
  const auto id = delivery_of(event, subscription);
  int ways = 0;
  const auto count = [&](const auto& found) {
    if (!found)
      CHECK(found.error().code == ec::not_found);
    ways += found ? 1 : 0;
  };
  const auto count_listed = [&](const auto& page, const auto& wanted) {
    for (const auto& row : expect(page).rows)
      ways += row.id == wanted ? 1 : 0;
  };
  auto& history = *world.history;
  count(history.find_event(world.owner, event));
  count(history.find_delivery(world.owner, id));
  count(history.list_attempts(world.owner, id));
  count(history.list_deliveries(world.owner, {{}, {}, event}, {}));
  count_listed(history.list_events(world.owner, {}, {}), event);
  count_listed(history.list_events(world.owner, {"user.created", {}, {}, {}}, {}), event);
  count_listed(history.list_events(world.owner, {{}, {{"a", "1"}}, {}, {}}, {}), event);
  count_listed(history.list_deliveries(world.owner, {}, {}), id);
  count_listed(history.list_deliveries(world.owner, {{}, subscription.id, {}}, {}), id);
  return ways;
}

constexpr int every_way = 9;

}  // namespace

STORE_TEST_CASE("an event is out of sight once it is older than its application's retention") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  set_retention(world, 2);
  const auto event = submit_labelled(world, subscription);
  world.finish(event, subscription, delivery_status::delivered);

  world.now = at(0) + days{2};
  CHECK(ways_to_find(world, event, subscription) == every_way);
  world.now += 1ms;
  CHECK(ways_to_find(world, event, subscription) == 0);
  CHECK(code_of(world.history->replay_event(world.owner, event, world.now)) == ec::not_found);
  CHECK(code_of(world.history->retry_delivery(world.owner, delivery_of(event, subscription),
                                              world.now)) == ec::not_found);
  // Nothing has deleted it yet.
  set_retention(world, 3);
  CHECK(ways_to_find(world, event, subscription) == every_way);
}

STORE_TEST_CASE("the store's retention is that of applications that have none") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  const auto event = submit_labelled(world, subscription);
  world.finish(event, subscription, delivery_status::dead);

  world.now = at(0) + world.default_retention;
  CHECK(ways_to_find(world, event, subscription) == every_way);
  world.now += 1ms;
  CHECK(ways_to_find(world, event, subscription) == 0);
  set_retention(world, domain::limits::retention_days_max);
  CHECK(ways_to_find(world, event, subscription) == every_way);
}

STORE_TEST_CASE("an event older than its retention is seen while a delivery is pending") {
  auto world = make_world<place_type>();
  const auto first = world.subscribe();
  const auto second = world.subscribe();
  set_retention(world, 1);
  const auto event = submit_labelled(world, second);
  world.now += 1s;
  const auto sent = world.submit({first, second});
  world.finish(sent, first, delivery_status::delivered);

  world.now += days{9};
  CHECK(ways_to_find(world, event, second) == every_way);
  CHECK(world.events() == std::vector{sent, event});
  CHECK(world.delivery(sent, first).status == delivery_status::delivered);
  const auto deliveries = world.history->list_deliveries(world.owner, {{}, {}, sent}, {});
  CHECK(expect(deliveries).rows.size() == 2);

  world.finish(event, second, delivery_status::delivered);
  CHECK(ways_to_find(world, event, second) == 0);
  CHECK(world.events() == std::vector{sent});
}

STORE_TEST_CASE("old events with pending deliveries follow the others, page by page") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  set_retention(world, 5);
  std::vector<domain::event_id> seen;
  for (int i = 0; i < 10; ++i) {
    world.now = at(0) + days{i};
    const auto event = world.submit({subscription});
    const bool pending = i % 2 == 0;
    if (!pending)
      world.finish(event, subscription, delivery_status::delivered);
    if (pending || i >= 4)
      seen.insert(seen.begin(), event);
  }
  std::vector<domain::event_id> listed;
  page_request request{2, std::nullopt};
  for (bool more = true; more; request.after = listed.back().value) {
    const auto page = expect(world.history->list_events(world.owner, {}, request));
    for (const auto& event : page.rows)
      listed.push_back(event.id);
    more = page.more;
  }
  CHECK(listed == seen);
  const auto old = world.history->list_events(
      world.owner, {.type = {}, .labels = {}, .after = at(0), .before = at(0) + days{4}}, {});
  REQUIRE(expect(old).rows.size() == 1);
  CHECK(expect(old).rows[0].id == seen.at(seen.size() - 2));
}

STORE_TEST_CASE("each application's events are kept and purged by its own retention") {
  auto world = make_world<place_type>();
  const auto submit_to = [&](const char* name, std::optional<std::uint32_t> retention_days) {
    world.application = world.new_application(name);
    world.application.retention_days = retention_days;
    expect(world.catalog->insert_application(world.application));
    return world.submit({});
  };
  const auto short_lived = submit_to("short", 1);
  const auto kept = submit_to("kept", std::nullopt);
  const auto long_lived = submit_to("long", 100);
  const auto purge = [&](days later) {
    world.now = at(0) + later;
    expect(world.upkeep->purge_events(world.now, world.default_retention, 10));
  };
  purge(days{1});
  CHECK(world.events() == std::vector{long_lived, kept, short_lived});
  purge(days{2});
  CHECK(world.events() == std::vector{long_lived, kept});
  purge(days{32});
  CHECK(world.events() == std::vector{long_lived});
  purge(days{102});
  CHECK(world.events().empty());
}

}  // namespace talaria::persistence::test
