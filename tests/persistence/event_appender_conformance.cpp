#include "tests/persistence/conformance.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <thread>

namespace talaria::persistence::test {

STORE_TEST_CASE("an appended event is found with every field as it was submitted") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  auto made = std::make_shared<domain::event>(*world.event().event);
  made->type = "order.placed";
  made->payload = "{\"b\": 1.50,\n \"a\": \"\\u0000 \xC3\xA9\"} \xFF";
  made->payload += '\0';
  made->payload += "after a NUL";
  made->labels = {{"tenant", "\"x\""}, {"count", "3"}};
  made->priority = domain::priority::high;
  const new_event added{made, {{subscription.number, shard_of(subscription.id)}}, std::nullopt};

  const auto appended = expect(world.append({added}));
  CHECK(appended.conflicts.empty());
  REQUIRE(appended.events.size() == 1);
  CHECK(appended.events[0].id == made->id);
  CHECK_FALSE(appended.events[0].duplicate);

  const auto found = expect(world.history->find_event(world.owner, made->id));
  CHECK(found.id == made->id);
  CHECK(found.application == made->application);
  CHECK(found.type == made->type);
  CHECK(found.payload == made->payload);
  CHECK(found.labels == made->labels);
  CHECK(found.occurred_at == made->occurred_at);
  CHECK(found.received_at == made->received_at);
  CHECK(found.priority == made->priority);
}

STORE_TEST_CASE("an event's trace is kept, wherever the event is read") {
  auto world = make_world<place_type>();
  const auto parallel = world.subscribe();
  const auto ordered = [&] {
    auto wanted = world.new_subscription();
    wanted.settings.ordering = domain::ordering::fifo;
    return expect(world.catalog->insert_subscription(wanted));
  }();
  const auto submit = [&](std::optional<domain::trace_context> trace) {
    auto made = std::make_shared<domain::event>(*world.event().event);
    made->trace = std::move(trace);
    const new_event added{made,
                          {{parallel.number, shard_of(parallel.id)},
                           {ordered.number, shard_of(ordered.id), domain::ordering::fifo}},
                          std::nullopt};
    expect(world.append({added}));
    return made;
  };
  auto bare = domain::parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  auto with_state = bare;
  with_state->state = "rojo=00f067aa0ba902b7 ,congo=t61rcWkgMzE";
  const std::vector submitted{submit(std::nullopt), submit(bare), submit(with_state)};

  for (const auto& made : submitted)
    CHECK(expect(world.history->find_event(world.owner, made->id)).trace == made->trace);
  for (const auto& [number, ordering] : {std::pair{parallel.number, domain::ordering::parallel},
                                         std::pair{ordered.number, domain::ordering::fifo}}) {
    const auto page = expect(world.queue->page({number, world.now, 10, SIZE_MAX, ordering}));
    REQUIRE(page.deliveries.size() == 3);
    for (std::size_t i = 0; i < 3; ++i)
      CHECK(page.deliveries[i].event->trace == submitted[i]->trace);
  }
  const auto listed = expect(world.history->list_events(world.owner, {}, {}));
  REQUIRE(listed.rows.size() == 3);
  CHECK_FALSE(listed.rows[2].trace);
  CHECK(listed.rows[1].trace == bare);
  CHECK(listed.rows[0].trace == bare);
}

STORE_TEST_CASE("an appended event has a pending delivery for each of its targets, due at once") {
  auto world = make_world<place_type>();
  const auto first = world.subscribe();
  const auto second = world.subscribe();
  const auto bystander = world.subscribe();
  const auto event = world.submit({first, second});
  for (const auto& subscription : {first, second}) {
    const auto page = expect(world.queue->page({subscription.number, world.now, 10, SIZE_MAX}));
    REQUIRE(page.deliveries.size() == 1);
    CHECK(page.deliveries[0].event->id == event);
    CHECK(page.deliveries[0].progress.due == world.now);
    CHECK(page.deliveries[0].progress.attempts == 0);
    CHECK(page.deliveries[0].progress.run_attempts == 0);
  }
  CHECK(world.pending(bystander).empty());
}

STORE_TEST_CASE("what was appended is there after a restart") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  const auto event = world.submit({subscription}, "{\"kept\":true}");
  world.reopen();
  CHECK(expect(world.history->find_event(world.owner, event)).payload == "{\"kept\":true}");
  CHECK(world.pending(subscription) == std::vector{event});
}

STORE_TEST_CASE("nothing is appended when the catalogue changed after the fan-out") {
  auto world = make_world<place_type>();
  const auto before = world.catalog_revision();
  world.subscribe();
  const std::vector<event_group> groups{{{world.event()}}};
  CHECK(code_of(world.appender->append(groups, before)) == ec::catalog_changed);
  CHECK(world.events().empty());
  CHECK(expect(world.appender->append(groups, before + 1)).size() == 1);
  CHECK(world.events().size() == 1);
}

STORE_TEST_CASE("appending no group, or an empty one, changes nothing") {
  auto world = make_world<place_type>();
  CHECK(expect(world.appender->append({}, world.catalog_revision())).empty());
  const auto appended = expect(world.append({}));
  CHECK(appended.events.empty());
  CHECK(appended.conflicts.empty());
  CHECK(world.events().empty());
}

STORE_TEST_CASE("a group as large as a batch may be is appended in the order submitted") {
  auto world = make_world<place_type>();
  std::vector<new_event> events;
  std::vector<domain::event_id> ids;
  for (std::size_t i = 0; i < domain::limits::batch_events_max; ++i) {
    events.push_back(world.event());
    ids.push_back(events.back().event->id);
  }
  const auto appended = expect(world.append(events));
  std::vector<domain::event_id> answered;
  for (const auto& event : appended.events)
    answered.push_back(event.id);
  CHECK(answered == ids);
}

STORE_TEST_CASE("a payload as large as allowed, and an empty one, come back unchanged") {
  auto world = make_world<place_type>();
  const std::string largest(domain::limits::payload_bytes_max, 'x');
  const auto large = world.submit({}, largest);
  const auto empty = world.submit({}, "");
  CHECK(expect(world.history->find_event(world.owner, large)).payload == largest);
  CHECK(expect(world.history->find_event(world.owner, empty)).payload.empty());
}

STORE_TEST_CASE("appending the same event again changes nothing, even after its delivery ended") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  auto event = world.event({subscription});
  event.idempotent = idempotency{hash_of("key"), hash_of("body"), world.now + 1h};
  expect(world.append({event}));
  world.finish(event.event->id, subscription, delivery_status::delivered);

  const auto again = expect(world.append({event}));
  REQUIRE(again.events.size() == 1);
  CHECK(again.events[0].id == event.event->id);
  CHECK_FALSE(again.events[0].duplicate);
  CHECK(world.pending(subscription).empty());
  CHECK(world.events().size() == 1);
}

STORE_TEST_CASE("a used idempotency key with the same body answers with the first event's id") {
  auto world = make_world<place_type>();
  const auto first = world.keyed_event("key");
  expect(world.append({first}));
  const auto again = expect(world.append({world.keyed_event("key")}));
  REQUIRE(again.events.size() == 1);
  CHECK(again.events[0].duplicate);
  CHECK(again.events[0].id == first.event->id);
  CHECK(world.events() == std::vector{first.event->id});
}

STORE_TEST_CASE("a duplicate gets no delivery of its own") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  auto first = world.event({subscription});
  auto second = world.event({subscription});
  first.idempotent = second.idempotent =
      idempotency{hash_of("key"), hash_of("body"), world.now + 1h};
  expect(world.append({first}));
  expect(world.append({second}));
  CHECK(world.pending(subscription) == std::vector{first.event->id});
}

STORE_TEST_CASE("a key used twice in one group makes the later event a duplicate") {
  auto world = make_world<place_type>();
  const auto first = world.keyed_event("key");
  const auto appended = expect(world.append({first, world.event(), world.keyed_event("key")}));
  REQUIRE(appended.events.size() == 3);
  CHECK_FALSE(appended.events[0].duplicate);
  CHECK_FALSE(appended.events[1].duplicate);
  CHECK(appended.events[2].duplicate);
  CHECK(appended.events[2].id == first.event->id);
  CHECK(world.events().size() == 2);
}

STORE_TEST_CASE("a used key with another body refuses its whole group and leaves nothing of it") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  const auto first = world.keyed_event("key", "body");
  expect(world.append({first}));
  const auto refused = expect(world.append({world.keyed_event("fresh"), world.event({subscription}),
                                            world.keyed_event("key", "other body")}));
  CHECK(refused.events.empty());
  CHECK(refused.conflicts == std::vector<std::size_t>{2});
  CHECK(world.events() == std::vector{first.event->id});
  CHECK(world.pending(subscription).empty());

  // Not even the key of its first event is taken.
  const auto later = expect(world.append({world.keyed_event("fresh", "yet another body")}));
  REQUIRE(later.events.size() == 1);
  CHECK_FALSE(later.events[0].duplicate);
}

STORE_TEST_CASE("every event at fault in a refused group is named") {
  auto world = make_world<place_type>();
  expect(world.append({world.keyed_event("stored", "a")}));
  const auto refused =
      expect(world.append({world.keyed_event("stored", "b"), world.keyed_event("here", "a"),
                           world.keyed_event("here", "b"), world.keyed_event("here", "a")}));
  CHECK(refused.conflicts == std::vector<std::size_t>{0, 2});
}

STORE_TEST_CASE("a refused group does not touch the other groups of its call") {
  auto world = make_world<place_type>();
  const auto first = world.keyed_event("shared", "a");
  const std::vector<event_group> groups{
      {{first}},
      {{world.keyed_event("only here"), world.keyed_event("shared", "b")}},
      {{world.keyed_event("only here", "other body"), world.keyed_event("shared", "a")}},
  };
  const auto appended = expect(world.appender->append(groups, world.catalog_revision()));
  REQUIRE(appended.size() == 3);
  CHECK(appended[0].conflicts.empty());
  CHECK(appended[1].conflicts == std::vector<std::size_t>{1});
  CHECK(appended[1].events.empty());
  CHECK(appended[2].conflicts.empty());
  REQUIRE(appended[2].events.size() == 2);
  CHECK_FALSE(appended[2].events[0].duplicate);
  CHECK(appended[2].events[1].duplicate);
  CHECK(appended[2].events[1].id == first.event->id);
  CHECK(world.events().size() == 2);
}

STORE_TEST_CASE("an idempotency key holds until it expires, and from then on is as if never used") {
  auto world = make_world<place_type>();
  const auto first = world.keyed_event("key", "a");
  expect(world.append({first}));

  world.now += 1h - 1us;
  CHECK(expect(world.append({world.keyed_event("key", "a")})).events.at(0).duplicate);
  CHECK(expect(world.append({world.keyed_event("key", "b")})).conflicts.size() == 1);

  world.now += 1us;
  const auto second = world.keyed_event("key", "b");
  const auto appended = expect(world.append({second}));
  CHECK(appended.conflicts.empty());
  CHECK_FALSE(appended.events.at(0).duplicate);
  const auto again = expect(world.append({world.keyed_event("key", "b")}));
  CHECK(again.events.at(0).id == second.event->id);
}

STORE_TEST_CASE("the same idempotency key in two applications means two things") {
  auto world = make_world<place_type>();
  const auto other = world.new_application("other");
  expect(world.catalog->insert_application(other));
  expect(world.append({world.keyed_event("key", "a")}));
  auto elsewhere = std::make_shared<domain::event>(*world.event().event);
  elsewhere->application = other.id;
  const auto appended = expect(
      world.append({{elsewhere, {}, idempotency{hash_of("key"), hash_of("b"), world.now + 1h}}}));
  CHECK(appended.conflicts.empty());
  CHECK_FALSE(appended.events.at(0).duplicate);
}

STORE_TEST_CASE("sessions that append the same keys at once store each key's event once") {
  constexpr std::size_t threads_count = 4;
  constexpr std::size_t calls = 25;
  constexpr std::size_t keys = 10;
  auto world = make_world<place_type>();
  const auto revision = world.catalog_revision();

  // Made beforehand: makers are not thread-safe, and threads must not check.
  std::vector<std::vector<std::vector<event_group>>> submissions(threads_count);
  for (auto& of_thread : submissions) {
    for (std::size_t call = 0; call < calls; ++call) {
      std::vector<event_group> groups;
      for (std::size_t key = 0; key < keys; ++key)
        groups.push_back({{world.keyed_event("key " + std::to_string(call * 3 + key))}});
      of_thread.push_back(std::move(groups));
    }
  }
  std::vector<std::vector<result<std::vector<appended_group>>>> answers(threads_count);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < threads_count; ++t) {
    threads.emplace_back([&, t] {
      const auto appender = world.store->open_event_appender();
      for (const auto& groups : submissions[t])
        answers[t].push_back(appender->append(groups, revision));
    });
  }
  for (auto& thread : threads)
    thread.join();

  std::map<domain::uuid, std::set<domain::event_id>> ids_of_key;
  std::map<domain::uuid, int> firsts_of_key;
  for (std::size_t t = 0; t < threads_count; ++t) {
    for (std::size_t call = 0; call < calls; ++call) {
      const auto groups = expect(answers[t][call]);
      for (std::size_t key = 0; key < keys; ++key) {
        const auto& hash = submissions[t][call][key].events[0].idempotent->key_hash;
        const auto& event = groups.at(key).events.at(0);
        ids_of_key[hash].insert(event.id);
        firsts_of_key[hash] += event.duplicate ? 0 : 1;
      }
    }
  }
  for (const auto& [key, ids] : ids_of_key) {
    CHECK(ids.size() == 1);
    CHECK(firsts_of_key[key] == 1);
  }
  CHECK(world.events().size() == ids_of_key.size());
}

}  // namespace talaria::persistence::test
