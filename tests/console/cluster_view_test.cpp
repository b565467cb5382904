#include "console/cluster_view.hpp"

#include <doctest/doctest.h>

using namespace talaria::console;

namespace {

constexpr auto answered = R"({
  "node": "north", "shards": 4096, "free_shards": 6,
  "nodes": [
    {"name": "north", "status": "up", "self": true, "version": "0.1.0", "shards": 2045,
     "lag_ms": 0, "address": null, "link": null},
    {"name": "south\u001b[2J", "status": "draining", "self": false, "version": "0.1.1",
     "shards": 2045, "lag_ms": 65000, "address": "10.0.0.2:4242", "link": {"state": "up"}}]})";

}  // namespace

TEST_CASE("a cluster is read and shown as a table") {
  const auto state = read_cluster(answered);
  REQUIRE(state);
  REQUIRE(state->nodes.size() == 2);
  CHECK(state->nodes[1].lag == std::chrono::seconds{65});
  const auto lines = to_table(*state);
  REQUIRE(lines.size() == 4);
  CHECK(lines[0] == "NODE      STATUS   SHARDS    LAG LINK       VERSION   ADDRESS");
  CHECK(lines[1] == "north     up         2045     0s (answers)  0.1.0     -");
  CHECK(lines[2] == "south?[2J draining   2045  1m05s up         0.1.1     10.0.0.2:4242");
  CHECK(lines[3] == "6 of 4096 shards are free");
}

TEST_CASE("what is no cluster is refused") {
  CHECK_FALSE(read_cluster("[]"));
  CHECK_FALSE(read_cluster("{}"));
  CHECK_FALSE(read_cluster(R"({"nodes": 1})"));
  CHECK(read_cluster(R"({"nodes": [1, {}]})")->nodes.size() == 1);
}
