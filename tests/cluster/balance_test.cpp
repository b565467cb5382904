#include "cluster/balance.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace talaria;
using cluster::balance;
using persistence::cluster_view;
using persistence::node_status;

namespace {

struct sample {
  std::string name;
  std::size_t shards = 0;
  node_status status = node_status::up;
};

cluster_view view_of(const std::vector<sample>& nodes) {
  cluster_view seen;
  for (const auto& node : nodes) {
    if (!node.name.empty())
      seen.nodes.push_back({.incarnation = node.name, .name = node.name, .status = node.status});
    for (std::size_t i = 0; i < node.shards; ++i)
      seen.shards.push_back({node.name, {}});
  }
  REQUIRE(seen.shards.size() == persistence::shard_count);
  return seen;
}

struct round_result {
  std::size_t rounds = 0;
  std::size_t moved = 0;
  std::size_t least = 0;
  std::size_t most = 0;
};

/// All look at the same, then give, then claim, one after the other, until nobody moves anything.
round_result settle(std::vector<sample> nodes, std::size_t rounds_max = 50) {
  round_result result;
  for (bool moved = true; moved && result.rounds < rounds_max; ++result.rounds) {
    const auto seen = view_of(nodes);
    auto& free = *std::ranges::find(nodes, "", &sample::name);
    const auto free_before = free.shards;
    moved = false;
    for (auto& node : nodes) {
      if (node.name.empty())
        continue;
      const auto wanted = balance(seen, node.name);
      const auto claimed = std::min(wanted.claim, free.shards);
      node.shards = node.shards - wanted.give + claimed;
      free.shards = free.shards + wanted.give - claimed;
      result.moved += wanted.give;
      moved = moved || wanted.give > 0 || claimed > 0;
    }
    moved = moved || free.shards != free_before;
  }
  result.least = persistence::shard_count;
  for (const auto& node : nodes) {
    if (node.name.empty()) {
      CHECK(node.shards == 0);
    } else if (node.status == node_status::up) {
      result.least = std::min(result.least, node.shards);
      result.most = std::max(result.most, node.shards);
    } else {
      CHECK(node.shards == 0);
    }
  }
  return result;
}

std::vector<sample> nodes_of(std::size_t count, std::size_t shards_each) {
  std::vector<sample> nodes{{"", persistence::shard_count - count * shards_each}};
  for (std::size_t i = 0; i < count; ++i)
    nodes.push_back({fmt::format("node-{}", i), shards_each});
  return nodes;
}

}  // namespace

TEST_CASE("a node alone claims everything") {
  const auto seen = view_of({{"", 4096}, {"a"}});
  CHECK(balance(seen, "a").claim == 4096);
  CHECK(balance(seen, "a").give == 0);
}

TEST_CASE("what is balanced stays where it is") {
  const auto seen = view_of({{"a", 1366}, {"b", 1365}, {"c", 1365}});
  for (const auto* name : {"a", "b", "c"}) {
    CHECK(balance(seen, name).claim == 0);
    CHECK(balance(seen, name).give == 0);
  }
}

TEST_CASE("a node that joins gets its part, and no more is given than it lacks") {
  const auto seen = view_of({{"a", 2048}, {"b", 2048}, {"c", 0}});
  CHECK(balance(seen, "a").give + balance(seen, "b").give == 1365);
  CHECK(balance(seen, "c").claim == 0);
  const auto given = view_of({{"a", 1365}, {"b", 1366}, {"c", 0}, {"", 1365}});
  CHECK(balance(given, "c").claim == 1365);
  CHECK(balance(given, "a").give == 0);
}

TEST_CASE("a node that drains gives everything and takes nothing") {
  const auto seen = view_of({{"a", 2048, node_status::draining}, {"b", 1000}, {"", 1048}});
  CHECK(balance(seen, "a").give == 2048);
  CHECK(balance(seen, "a").claim == 0);
  CHECK(balance(seen, "b").claim == 1048);
}

TEST_CASE("who is not among the nodes takes nothing") {
  const auto seen = view_of({{"", 4096}, {"a"}});
  CHECK(balance(seen, "b").claim == 0);
}

TEST_CASE("every size of cluster settles to an equal part for each") {
  for (const std::size_t count : {1U, 2U, 3U, 7U, 30U, 300U, 1000U}) {
    CAPTURE(count);
    const auto started = settle(nodes_of(count, 0));
    CHECK(started.most - started.least <= 1);
    CHECK(started.moved == 0);

    auto joined = nodes_of(count, persistence::shard_count / count);
    joined.push_back({"late"});
    const auto after_join = settle(joined);
    CHECK(after_join.most - after_join.least <= 1);
    // The new node's part, and as many at most that two gave for the same gap.
    CHECK(after_join.moved <= persistence::shard_count / (count + 1) + 1);

    auto drained = nodes_of(count, persistence::shard_count / count);
    drained.push_back({"other"});
    drained[1].status = node_status::draining;
    const auto after_drain = settle(drained);
    CHECK(after_drain.most - after_drain.least <= 1);
  }
}

TEST_CASE("one that owns far too much gives it to those that have enough") {
  auto nodes = nodes_of(1000, 3);
  nodes[0].shards = 0;
  nodes[1].shards += persistence::shard_count - 3000;
  const auto settled = settle(nodes);
  CHECK(settled.most - settled.least <= 1);
}
