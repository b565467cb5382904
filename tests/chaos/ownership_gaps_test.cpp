#include "chaos/ownership_gaps.hpp"

#include <doctest/doctest.h>

#include "chaos/handovers.hpp"

using namespace talaria::chaos;
using namespace std::chrono_literals;

namespace {

/// The node `n-1` had a shard, which was freed after three seconds and claimed after four.
history handed_over(std::string freed_by) {
  history made;
  made.shard_changes = {
      {.shard = 7, .epoch = 1, .owner = "n-1.2", .by = "n-1.2", .at = 0s},
      {.shard = 7, .epoch = 1, .owner = "", .by = std::move(freed_by), .at = 3s},
      {.shard = 7, .epoch = 2, .owner = "n-2.1", .by = "n-2.1", .at = 4s},
  };
  return made;
}

disturbance happened(fault_kind kind, moment from, moment until, std::size_t node = 0) {
  disturbance one{.fault = {}, .from = from, .until = until};
  one.fault.kind = kind;
  one.fault.node = node;
  return one;
}

}  // namespace

TEST_CASE("a shard goes from one owner to the next, or back to the same") {
  auto history = handed_over("n-2.1");
  history.shard_changes.push_back({.shard = 7, .epoch = 3, .owner = "n-2.1", .at = 5s});
  const auto all = handovers_of(history);
  REQUIRE(all.size() == 2);
  CHECK(all[0].from == "n-1.2");
  CHECK(all[0].to == "n-2.1");
  CHECK_FALSE(all[0].is_given);
  CHECK(all[0].freed_at == 3s);
  CHECK(all[0].claimed_at == 4s);
  CHECK(all[1].from == all[1].to);
  CHECK(handovers_of(handed_over("n-1.2"))[0].is_given);
}

TEST_CASE("a shard whose owner is killed has none until the next claim") {
  const auto gaps =
      find_ownership_gaps(handed_over("n-2.1"), {happened(fault_kind::process_kill, 1s, 1s)});
  REQUIRE(gaps.contains("process_kill"));
  CHECK(gaps.at("process_kill") == std::vector<moment>{3s});
}

TEST_CASE("a shard that is given up in good order has an owner until then") {
  const auto gaps =
      find_ownership_gaps(handed_over("n-1.2"), {happened(fault_kind::node_stop, 1s, 5s)});
  REQUIRE(gaps.contains("node_stop"));
  CHECK(gaps.at("node_stop") == std::vector<moment>{1s});
}

TEST_CASE("what happened to another node, later, or long before is no reason to lose a shard") {
  const auto is_rebalancing = [](const disturbance& one) {
    return find_ownership_gaps(handed_over("n-2.1"), {one}).contains("rebalancing");
  };
  CHECK(is_rebalancing(happened(fault_kind::process_kill, 1s, 1s, 1)));
  CHECK(is_rebalancing(happened(fault_kind::process_kill, 3001ms, 4s)));
  CHECK(is_rebalancing(happened(fault_kind::process_kill, -18s, -17001ms)));
  CHECK_FALSE(is_rebalancing(happened(fault_kind::process_kill, -18s, -17s)));
  CHECK(is_rebalancing(happened(fault_kind::receiver_hostile, 1s, 5s)));
  CHECK_FALSE(is_rebalancing(happened(fault_kind::postgres_pause, 1s, 5s, 1)));
}

TEST_CASE("the table says how many shards had no owner for how long") {
  const auto table = to_ownership_table(handed_over("n-2.1"), {});
  CHECK(table.find("rebalancing") != std::string::npos);
  CHECK(table.find("1.00") != std::string::npos);
  CHECK(to_ownership_table({}, {}).empty());
}
