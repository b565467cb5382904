#include "chaos/scenario.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string_view>
#include <vector>

using namespace talaria;
using namespace talaria::chaos;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view least = "name = \"a\"\n";

scenario read(std::string_view text) {
  auto made = read_scenario(fmt::format("{}{}", least, text));
  REQUIRE(made.has_value());
  return *made;
}

/// The code and the field of what is refused.
std::string refused(std::string_view text) {
  const auto made = read_scenario(fmt::format("{}{}", least, text));
  REQUIRE_FALSE(made.has_value());
  return fmt::format("{} {}", domain::to_string(made.error().code), made.error().field);
}

std::string fault(std::string_view lines) {
  return fmt::format("[[fault]]\n{}\n", lines);
}

}  // namespace

TEST_CASE("a scenario that says nothing has a usual workload and no faults") {
  const auto made = read("");
  CHECK(made.name == "a");
  CHECK(made.store == store_kind::sqlite);
  CHECK(made.subscriptions.size() == 4);
  CHECK(made.faults.empty());
}

TEST_CASE("a scenario says what is submitted, to whom, and how Talaria is set") {
  const auto made = read(R"(
    store = "postgresql"
    seconds = 7
    warm_up_ms = 10
    pause_ms = [1, 2]
    [workload]
    events_per_second = 12.5
    connections = 3
    keyed = 1
    payload_bytes = 9
    [server]
    store.writers = 3
    log.level = "debug"
    [[subscription]]
    name = "one"
    ordered = true
    only_odd = true
    max_in_flight = 5
    fail_rate = 0.25)");
  CHECK(made.store == store_kind::postgresql);
  CHECK(made.duration == 7s);
  CHECK(made.warm_up == 10ms);
  CHECK(made.pause.max == 2ms);
  CHECK(made.workload.events_per_second == 12.5);
  CHECK(made.workload.keyed == 1);
  CHECK(made.settings ==
        std::map<std::string, std::string>{{"store.writers", "3"}, {"log.level", "debug"}});
  REQUIRE(made.subscriptions.size() == 1);
  CHECK(made.subscriptions[0].ordered);
  CHECK(made.subscriptions[0].only_odd);
  CHECK(made.subscriptions[0].fail_rate == 0.25);
}

TEST_CASE("a scenario has one node, or several that share a database server") {
  CHECK(read("").nodes == 1);
  CHECK(read("store = 'postgresql'\nnodes = 9").nodes == 9);
  CHECK(read("nodes = 1").nodes == 1);
  CHECK(refused("nodes = 2") == "invalid_value nodes");
  CHECK(refused("store = 'postgresql'\nnodes = 10") == "invalid_value nodes");
  CHECK(refused("store = 'postgresql'\nnodes = 0") == "invalid_value nodes");
}

TEST_CASE("a fault may say which nodes it is for, and how long it may last") {
  const auto cluster = [](std::string_view lines) {
    return fmt::format("store = 'postgresql'\nnodes = 3\n{}", fault(lines));
  };
  const auto made = read(cluster(
      "kind = 'process_pause'\nat_ms = 5\nnode = 3\nnodes = 2\nfor_ms_one_of = [3000, 9000]"));
  CHECK(made.faults[0].settings.node == 3);
  CHECK(made.faults[0].settings.nodes == 2);
  CHECK(made.faults[0].lasts_one_of == std::vector<milliseconds>{3s, 9s});
  CHECK(read(cluster("kind = 'process_kill'\nat_ms = 5\ndown_ms = 7")).faults[0].settings.down ==
        7ms);
  CHECK(refused(cluster("kind = 'process_pause'\nat_ms = 5\nnode = 4")) ==
        "invalid_value fault[0].node");
  CHECK(refused(cluster("kind = 'process_pause'\nat_ms = 5\nnodes = 4")) ==
        "invalid_value fault[0].nodes");
  CHECK(refused(cluster("kind = 'process_pause'\nat_ms = 5\nfor_ms_one_of = []")) ==
        "invalid_value fault[0].for_ms_one_of");
  CHECK(refused(cluster("kind = 'process_pause'\nat_ms = 5\nfor_ms_one_of = ['a']")) ==
        "invalid_value fault[0].for_ms_one_of");
}

TEST_CASE("a link is parted from all others, or from as many as there are") {
  const auto cluster = [](int peers) {
    return fmt::format("store = 'postgresql'\nnodes = 3\n{}",
                       fault(fmt::format("kind = 'partition_link'\nat_ms = 5\npeers = {}", peers)));
  };
  CHECK(read(cluster(1)).faults[0].settings.peers == 1);
  CHECK(read(cluster(2)).faults[0].settings.peers == 2);
  CHECK(refused(cluster(3)) == "invalid_value fault[0].peers");
  CHECK(refused(cluster(0)) == "invalid_value fault[0].peers");
}

TEST_CASE("what several nodes do needs several nodes") {
  for (const auto* kind : {"node_join", "rolling_restart", "partition_link"}) {
    const auto wanted = fault(fmt::format("kind = '{}'\nat_ms = 5", kind));
    CHECK(refused(fmt::format("store = 'postgresql'\n{}", wanted)) ==
          "invalid_value fault[0].kind");
    CHECK(read(fmt::format("store = 'postgresql'\nnodes = 2\n{}", wanted)).faults.size() == 1);
  }
}

TEST_CASE("a network is parted in a known manner") {
  for (const auto* how : {"any", "cut", "silent", "to_server", "to_client", "flapping"}) {
    const auto made =
        read(fault(fmt::format("kind = 'partition_database'\nat_ms = 5\nhow = '{}'", how)));
    CHECK(made.faults[0].settings.how == how);
  }
  CHECK(refused(fault("kind = 'partition_database'\nat_ms = 5\nhow = 'a bit'")) ==
        "invalid_value fault[0].how");
}

TEST_CASE("an upgrade is to the next program or back to the first, and needs the next one") {
  for (const auto* how : {"any", "next", "first"}) {
    const auto made = read(fault(fmt::format("kind = 'node_upgrade'\nat_ms = 5\nhow = '{}'", how)));
    CHECK(made.faults[0].settings.how == how);
    CHECK(needs_next_program(made));
  }
  CHECK(refused(fault("kind = 'node_upgrade'\nat_ms = 5\nhow = 'former'")) ==
        "invalid_value fault[0].how");
  CHECK_FALSE(needs_next_program(read(fault("kind = 'process_kill'\nat_ms = 5"))));
}

TEST_CASE("a failover is one to a synchronous standby, unless it says otherwise") {
  const auto how_of = [](std::string_view lines) {
    return read(fault(fmt::format("kind = 'postgres_failover'\nat_ms = 5\n{}", lines)))
        .faults[0]
        .settings.how;
  };
  CHECK(how_of("") == "synchronous");
  CHECK(how_of("how = 'synchronous'") == "synchronous");
  CHECK(how_of("how = 'asynchronous'") == "asynchronous");
  CHECK(refused(fault("kind = 'postgres_failover'\nat_ms = 5\nhow = 'any'")) ==
        "invalid_value fault[0].how");
  CHECK(refused(fault("kind = 'postgres_failover'\nat_ms = 5\nnode = 1")) ==
        "unknown_field fault[0].node");
}

TEST_CASE("a fault has a time or a weight, not both and not neither") {
  const auto made = read(fault("kind = 'process_kill'\nat_ms = 5\nfor_ms = [1, 3]\ntimes = 2"));
  CHECK(made.faults[0].at == 5ms);
  CHECK(made.faults[0].lasts.min == 1ms);
  CHECK(made.faults[0].lasts.max == 3ms);
  CHECK(made.faults[0].settings.times == 2);
  CHECK(refused(fault("kind = 'process_kill'")) == "invalid_value fault[0].at_ms");
  CHECK(refused(fault("kind = 'process_kill'\nat_ms = 5\nweight = 1")) ==
        "invalid_value fault[0].at_ms");
}

TEST_CASE("a fault of the chaos API carries the request for it") {
  const auto made = read(fault(R"(
    kind = "fault"
    weight = 1
    point = "actor.message"
    action = "delay"
    target_kind = "subscription"
    count = 3
    probability = 0.5
    delay_ms = 20)"));
  CHECK(made.faults[0].settings.request_json ==
        R"({"point":"actor.message","action":"delay","target":{"kind":"subscription"},)"
        R"("count":3,"probability":5E-1,"delay_ms":20})");
  CHECK(refused(fault("kind = 'fault'\nweight = 1\naction = 'throw'")) ==
        "missing_field fault[0].point");
}

TEST_CASE("what a scenario cannot say is refused with its place") {
  CHECK(refused("colour = 1") == "unknown_field colour");
  CHECK(refused("seconds = 0") == "invalid_value seconds");
  CHECK(refused("seconds = 86401") == "invalid_value seconds");
  CHECK(refused("seconds = \"1\"") == "wrong_type seconds");
  CHECK(refused("store = \"paper\"") == "invalid_value store");
  CHECK(refused("pause_ms = [2, 1]") == "invalid_value pause_ms");
  CHECK(refused("pause_ms = [1, 2, 3]") == "invalid_value pause_ms");
  CHECK(refused("[workload]\nevents_per_second = 0") == "invalid_value workload.events_per_second");
  CHECK(refused("[workload]\nkeyed = 1.1") == "invalid_value workload.keyed");
  CHECK(refused("[workload]\nspeed = 1") == "unknown_field workload.speed");
  CHECK(refused("[[subscription]]\nordered = true") == "missing_field subscription[0].name");
  CHECK(refused("[[subscription]]\nname = 'a'\n[[subscription]]\nname = 'a'") ==
        "invalid_value subscription");
  CHECK(refused(fault("kind = 'flood'\nweight = 1")) == "invalid_value fault[0].kind");
  CHECK(refused(fault("kind = 'process_pause'\nweight = 1\ntimes = 2")) ==
        "unknown_field fault[0].times");
  CHECK(refused(fault("kind = 'receiver_hostile'\nweight = 1\nhow = 'kindly'")) ==
        "invalid_value fault[0].how");
  CHECK(refused(fault("kind = 'receiver_hostile'\nweight = 1\nsubscription = 'who'")) ==
        "invalid_value subscription");
  CHECK(refused("seconds =").starts_with("invalid_value"));
  CHECK_FALSE(read_scenario("").has_value());
}

TEST_CASE("bounds are taken at their limits") {
  CHECK(read("seconds = 86400").duration == 24h);
  CHECK(read("seconds = 1").duration == 1s);
  CHECK(read(fault("kind = 'process_kill'\nat_ms = 0\ntimes = 1000")).faults[0].settings.times ==
        1000);
  CHECK(refused(fault("kind = 'process_kill'\nat_ms = 0\ntimes = 1001")) ==
        "invalid_value fault[0].times");
}
