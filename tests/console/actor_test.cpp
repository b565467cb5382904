#include "console/actor.hpp"

#include <doctest/doctest.h>

using namespace talaria;
using namespace std::chrono_literals;
using domain::ec;

TEST_CASE("an actor is read with all that a server says of it") {
  const auto read = console::read_actor(R"({"path":"/ingest/subscription-17","kind":"subscription",
    "state":"backing_off","started_at":"2026-01-02T03:04:05Z","uptime_ms":61000,"restarts":2,
    "failures":3,"last_failure":"a \u001b[31m reason","last_failure_at":"2026-01-02T03:05:05Z",
    "messages_handled":40,"mailbox_depth":5,"busy_us":6000,"slow_messages":7,
    "dead_letters":9,"handling_us":10,
    "subscription_id":"s","application_id":"a",
    "details":{"pending":8,"breaker":"open","rate_tokens":1.5}})");
  REQUIRE(read);
  CHECK(read->path == "/ingest/subscription-17");
  CHECK(read->kind == "subscription");
  CHECK(read->state == "backing_off");
  CHECK(read->started_at == "2026-01-02T03:04:05Z");
  CHECK(read->uptime == 61s);
  CHECK(read->restarts == 2);
  CHECK(read->failures == 3);
  CHECK(read->last_failure == "a ?[31m reason");
  CHECK(read->last_failure_at == "2026-01-02T03:05:05Z");
  CHECK(read->messages_handled == 40);
  CHECK(read->mailbox_depth == 5);
  CHECK(read->busy == 6ms);
  CHECK(read->slow_messages == 7);
  CHECK(read->dead_letters == 9);
  CHECK(read->handling == 10us);
  CHECK(read->subscription_id == "s");
  CHECK(read->application_id == "a");
  CHECK(read->count_of("pending") == 8);
  REQUIRE(read->find_detail("breaker"));
  CHECK(*read->find_detail("breaker") == "open");
  CHECK_FALSE(read->count_of("breaker"));
  CHECK_FALSE(read->find_detail("window"));
}

TEST_CASE("what an older server does not say is absent, not zero") {
  const auto read = console::read_actor(
      R"({"path":"/janitor","kind":"janitor","state":"running","restarts":0,"last_failure":null})");
  REQUIRE(read);
  CHECK_FALSE(read->uptime);
  CHECK_FALSE(read->failures);
  CHECK_FALSE(read->slow_messages);
  CHECK_FALSE(read->dead_letters);
  CHECK(read->last_failure.empty());
  CHECK(read->details.empty());
}

TEST_CASE("a page is read with the counts of all that match, in the server's order") {
  const auto page = console::read_actor_page(
      R"({"data":[{"path":"/b"},{"path":"/a"}],"total":7,"next_cursor":"c",
          "states":{"running":6,"quarantined":1},"breakers":{"closed":2,"open":0},
          "totals":{"messages_handled":90,"failures":4}})");
  REQUIRE(page);
  REQUIRE(page->actors.size() == 2);
  CHECK(page->actors[0].path == "/b");
  CHECK(page->total == 7);
  CHECK(page->next_cursor == "c");
  CHECK(page->states == console::named_counts{{"running", 6}, {"quarantined", 1}});
  CHECK(page->breakers == console::named_counts{{"closed", 2}, {"open", 0}});
  CHECK(page->messages_handled == 90);
  CHECK(page->failures == 4);
}

TEST_CASE("a page of an older server has no counts and no further page") {
  const auto page = console::read_actor_page(R"({"data":[],"total":0})");
  REQUIRE(page);
  CHECK(page->next_cursor.empty());
  CHECK(page->states.empty());
  CHECK_FALSE(page->messages_handled);
}

TEST_CASE("what is no answer of Talaria's is an error") {
  for (const auto* body : {"", "[]", "<html>", "7", R"({"data":{}})"}) {
    CAPTURE(body);
    const auto page = console::read_actor_page(body);
    REQUIRE_FALSE(page);
    CHECK(page.error().code == ec::invalid_json);
  }
  CHECK_FALSE(console::read_actor("null"));
  CHECK_FALSE(console::read_actor(R"({"path":)"));
}
