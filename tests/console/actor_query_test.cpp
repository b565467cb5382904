#include "console/actor_query.hpp"

#include <doctest/doctest.h>

using namespace talaria::console;

TEST_CASE("only what is wanted is asked for") {
  CHECK(list_target({}) == "/api/v1/actors");
  actor_query query;
  query.kind = "subscription";
  query.limit = 20;
  CHECK(list_target(query) == "/api/v1/actors?kind=subscription&limit=20");
}

TEST_CASE("every filter reaches the query, escaped") {
  const actor_query query{.node = "n",
                          .kind = "k",
                          .state = "s",
                          .breaker = "open",
                          .application = "a",
                          .path = "x&y= /%",
                          .sort = "pending",
                          .limit = 1,
                          .cursor = "+"};
  CHECK(list_target(query) ==
        "/api/v1/actors?node=n&kind=k&state=s&breaker=open&application_id=a&path=x%26y%3D%20%2F%25"
        "&sort=pending&limit=1&cursor=%2B");
}

TEST_CASE("an actor's path keeps its slashes, with or without the first one") {
  CHECK(actor_target("/ingest/subscription-17") == "/api/v1/actors/ingest/subscription-17");
  CHECK(actor_target("ingest", "restart") == "/api/v1/actors/ingest/restart");
  CHECK(actor_target("/a?b#c") == "/api/v1/actors/a%3Fb%23c");
}

TEST_CASE("an actor of a certain node is asked for by the node's name, escaped") {
  CHECK(actor_target("/ingest", "", "south") == "/api/v1/actors/ingest?node=south");
  CHECK(actor_target("/ingest", "release", "a&b") == "/api/v1/actors/ingest/release?node=a%26b");
}
