#include "tests/persistence/conformance.hpp"

namespace talaria::persistence::test {

namespace {

using ids = std::vector<domain::event_id>;

domain::event_id submit(world& world, const domain::application& application, std::string type,
                        domain::labels labels) {
  auto event = std::make_shared<domain::event>(*world.event().event);
  event->application = application.id;
  event->type = std::move(type);
  event->labels = std::move(labels);
  event->payload = "{\"large\":true}";
  expect(world.append({{event, {}, std::nullopt}}));
  return event->id;
}

ids listed(world& world, const tenant& tenant, const event_filter& filter, std::size_t limit) {
  ids listed;
  page_request request{limit, std::nullopt};
  for (bool more = true; more;) {
    const auto page = expect(world.history->list_events(tenant, filter, request));
    CHECK(page.rows.size() <= limit);
    more = page.more;
    for (const auto& event : page.rows) {
      listed.push_back(event.id);
      CHECK(event.payload.empty());
    }
    if (!page.rows.empty())
      request.after = page.rows.back().id.value;
  }
  return listed;
}

}  // namespace

STORE_TEST_CASE("events are listed newest first, over all applications or of one, page by page") {
  auto world = make_world<place_type>();
  const auto other = world.new_application("other");
  expect(world.catalog->insert_application(other));
  ids all;
  ids of_other;
  for (int i = 0; i < 10; ++i) {
    const auto& application = i % 3 == 0 ? other : world.application;
    world.now = at(i);
    all.insert(all.begin(), submit(world, application, "a", {}));
    if (i % 3 == 0)
      of_other.insert(of_other.begin(), all.front());
  }
  for (const std::size_t limit : {1, 3, 10, 250}) {
    CHECK(listed(world, world.owner, {}, limit) == all);
    CHECK(listed(world, {world.organization.id, other.id}, {}, limit) == of_other);
  }
  CHECK(listed(world, world::stranger(), {}, 10).empty());
}

STORE_TEST_CASE("listed events have all fields but the payload") {
  auto world = make_world<place_type>();
  world.now = at(4);
  const auto id = submit(world, world.application, "order.placed", {{"n", "1"}});
  const auto page = expect(world.history->list_events(world.owner, {}, {}));
  REQUIRE(page.rows.size() == 1);
  const auto& event = page.rows[0];
  CHECK(event.id == id);
  CHECK(event.application == world.application.id);
  CHECK(event.type == "order.placed");
  CHECK(event.labels == domain::labels{{"n", "1"}});
  CHECK(event.received_at == at(4));
  CHECK(event.occurred_at == at(3));
  CHECK(event.priority == domain::priority::normal);
}

STORE_TEST_CASE("events are listed by type and by labels, which must equal") {
  auto world = make_world<place_type>();
  const auto& application = world.application;
  const auto first = submit(world, application, "a", {{"tier", "1"}, {"region", "\"eu\""}});
  const auto second = submit(world, application, "b", {{"tier", "12"}, {"region", "\"eu\""}});
  const auto third = submit(world, application, "a", {{"region", "\"eu-west\""}});
  const auto fourth = submit(world, application, "a.b", {{"odd \" name", "\"tier\\\":1\""}});
  const auto list = [&](std::optional<std::string> type, domain::labels labels) {
    return listed(world, world.owner, {std::move(type), std::move(labels), {}, {}}, 250);
  };
  CHECK(list("a", {}) == ids{third, first});
  CHECK(list("a.b", {}) == ids{fourth});
  CHECK(list("c", {}).empty());
  CHECK(list({}, {{"tier", "1"}}) == ids{first});
  CHECK(list({}, {{"region", "\"eu\""}}) == ids{second, first});
  CHECK(list({}, {{"region", "\"eu\""}, {"tier", "12"}}) == ids{second});
  CHECK(list("a", {{"region", "\"eu\""}}) == ids{first});
  CHECK(list({}, {{"odd \" name", "\"tier\\\":1\""}}) == ids{fourth});
  CHECK(list({}, {{"tier", "\"1\""}}).empty());
}

STORE_TEST_CASE("events are listed by when they were received, both bounds exclusive") {
  auto world = make_world<place_type>();
  ids events;
  for (int i = 0; i < 4; ++i) {
    world.now = at(i * 100'000);
    events.push_back(submit(world, world.application, "a", {}));
  }
  const auto list = [&](std::optional<timestamp> after, std::optional<timestamp> before) {
    return listed(world, world.owner, {{}, {}, after, before}, 2);
  };
  CHECK(list(at(0), {}) == ids{events[3], events[2], events[1]});
  CHECK(list(at(0) - 1us, {}).size() == 4);
  CHECK(list({}, at(100'000)) == ids{events[0]});
  CHECK(list({}, at(100'000) + 1us) == ids{events[1], events[0]});
  CHECK(list(at(0), at(300'000)) == ids{events[2], events[1]});
  CHECK(list(at(100'000), at(100'000)).empty());
}

STORE_TEST_CASE("an event received after the clock stepped back is found by when it was received") {
  auto world = make_world<place_type>();
  world.now = at(300);
  submit(world, world.application, "a", {});
  world.now = at(0);
  const auto late = submit(world, world.application, "a", {});
  CHECK(domain::time_of(late.value) > at(299));
  CHECK(listed(world, world.owner, {{}, {}, {}, at(1)}, 10) == ids{late});
  CHECK(listed(world, world.owner, {{}, {}, at(0) - 1us, at(1)}, 10) == ids{late});
}

STORE_TEST_CASE("another tenant's event, or one that does not exist, is not found") {
  auto world = make_world<place_type>();
  const auto other = world.new_application("other");
  expect(world.catalog->insert_application(other));
  const auto event = world.submit({});
  CHECK(world.history->find_event({world.organization.id, world.application.id}, event));
  for (const auto& tenant : {world::stranger(), tenant{world.organization.id, other.id}})
    CHECK(code_of(world.history->find_event(tenant, event)) == ec::not_found);
  CHECK(code_of(world.history->find_event(world.owner, domain::event_id{hash_of("none")})) ==
        ec::not_found);
}

}  // namespace talaria::persistence::test
