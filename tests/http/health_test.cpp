#include "tests/http/api_fixture.hpp"

#include <doctest/doctest.h>
#include <soci/soci.h>

namespace talaria::http::test {

TEST_CASE("a node that shuts down is alive, but not ready") {
  api_fixture api;
  CHECK(text_at(api.send("GET", "/health/ready"), "/status") == "ready");
  api.draining = true;
  CHECK(api.send("GET", "/health/live").status == 200);
  const reply got = api.send("GET", "/health/ready");
  CHECK(got.status == 503);
  CHECK(text_at(got, "/code") == "draining");
  CHECK(got.header("connection") == "close");
}

TEST_CASE("a node with as many submissions as may be is alive, but not ready") {
  api_fixture api;
  api.gateway.show_load({.submissions_in_progress = 9, .submissions_max = 10});
  CHECK(api.send("GET", "/health/ready").status == 200);
  api.gateway.show_load({.submissions_in_progress = 10, .submissions_max = 10});
  CHECK(api.send("GET", "/health/live").status == 200);
  const reply got = api.send("GET", "/health/ready");
  CHECK(got.status == 503);
  CHECK(text_at(got, "/code") == "overloaded");
  CHECK_FALSE(got.header("retry-after").empty());
  api.gateway.show_load({.submissions_in_progress = 9, .submissions_max = 10});
  CHECK(api.send("GET", "/health/ready").status == 200);
}

TEST_CASE("a node whose threads for the store are all taken is alive, but not ready") {
  api_fixture_options options;
  options.store_threads = 0;
  options.store_queue_max = 0;
  api_fixture api(options);
  CHECK(api.send("GET", "/health/live").status == 200);
  const reply got = api.send("GET", "/health/ready");
  CHECK(got.status == 503);
  CHECK(text_at(got, "/code") == "overloaded");
}

TEST_CASE("a node that shuts down says so even when no thread could ask the store") {
  api_fixture_options options;
  options.store_threads = 0;
  options.store_queue_max = 0;
  api_fixture api(options);
  api.draining = true;
  CHECK(text_at(api.send("GET", "/health/ready"), "/code") == "draining");
}

TEST_CASE("a node whose store cannot be written is alive, but not ready") {
  api_fixture api;
  REQUIRE(api.send("GET", "/health/ready").status == 200);
  soci::session other{"sqlite3", "dbname=" + (api.directory.path() / "talaria.db").string()};
  other << "begin immediate";
  CHECK(api.send("GET", "/health/live").status == 200);
  const reply got = api.send("GET", "/health/ready");
  CHECK(got.status == 503);
  CHECK(text_at(got, "/code") == "store_unavailable");
}

}  // namespace talaria::http::test
