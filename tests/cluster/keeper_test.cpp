#include "tests/cluster/ownership_simulation.hpp"

#include <doctest/doctest.h>

using namespace talaria;
using namespace std::chrono_literals;
using cluster::test::ownership_simulation;

namespace {

/// Nodes that have found their balance.
std::unique_ptr<ownership_simulation> settled(std::size_t nodes,
                                              ownership_simulation::options wanted = {}) {
  auto made = std::make_unique<ownership_simulation>(wanted);
  for (std::size_t i = 0; i < nodes; ++i)
    made->start_node();
  made->run_until([&] { return made->balanced(); }, 60s);
  REQUIRE(made->balanced());
  return made;
}

}  // namespace

TEST_CASE("a node alone serves everything with its first looks") {
  ownership_simulation one{{}};
  one.start_node();
  CHECK(one.run_until([&] { return one.all_served(); }, 10s) < 2s);
}

TEST_CASE("a node that joins has its part within five seconds") {
  for (const bool has_links : {true, false}) {
    auto cluster = settled(2, {.has_links = has_links});
    cluster->start_node();
    CHECK(cluster->run_until([&] { return cluster->balanced(); }, 30s) <= 5s);
    CHECK(cluster->conflicts() == 0);
  }
}

TEST_CASE("what a killed node served is served again within thirteen seconds") {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    auto cluster = settled(3, {.seed = seed});
    cluster->run_for(1ms * (seed * 97 % 2'000));
    cluster->kill(1);
    CHECK_FALSE(cluster->all_served());
    const auto took = cluster->run_until([&] { return cluster->balanced(); }, 60s);
    CHECK(took <= 13s);
    // Not before it could have stopped by itself.
    CHECK(took >= 8s);
    CHECK(cluster->conflicts() == 0);
    CHECK(cluster->buried() == 0);
  }
}

TEST_CASE("a node that stops in good order is replaced at once") {
  auto cluster = settled(3);
  cluster->stop(2);
  CHECK(cluster->run_until([&] { return cluster->running() == 2 && cluster->balanced(); }, 30s) <=
        2s);
  CHECK(cluster->conflicts() == 0);
}

TEST_CASE("a node that was stopped for less than its lease goes on, for more it is buried") {
  auto cluster = settled(3);
  cluster->pause(0, 7s);
  cluster->run_for(30s);
  CHECK(cluster->buried() == 0);
  CHECK(cluster->balanced());
  cluster->pause(0, 60s);
  cluster->run_for(59s);
  CHECK(cluster->buried() == 0);
  cluster->run_for(2s);
  CHECK(cluster->buried() == 1);
  CHECK(cluster->balanced());
  CHECK(cluster->conflicts() == 0);
}

TEST_CASE("nobody is buried for an outage that all share, however long") {
  auto cluster = settled(3);
  for (std::size_t i = 0; i < 3; ++i)
    cluster->cut_off(i, 60s);
  cluster->run_for(9s);
  CHECK_FALSE(cluster->all_served());
  cluster->run_for(52s);
  CHECK(cluster->buried() == 0);
  cluster->run_for(10s);
  CHECK(cluster->balanced());
  CHECK(cluster->buried() == 0);
}

TEST_CASE("a node that the store does not answer stops before another takes over") {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    auto cluster = settled(3, {.seed = seed});
    cluster->cut_off(0, 30s);
    cluster->run_for(60s);
    CHECK(cluster->conflicts() == 0);
    CHECK(cluster->buried() == 1);
    CHECK(cluster->balanced());
  }
}

TEST_CASE("without the fence two nodes would make attempts for one shard: the check notices") {
  ownership_simulation::options unfenced;
  unfenced.terms.fence_after = 60s;
  auto cluster = settled(3, unfenced);
  cluster->cut_off(0, 30s);
  cluster->run_for(20s);
  CHECK(cluster->conflicts() > 0);
}

TEST_CASE("random disturbances never make two owners, and end in a balance") {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    auto cluster = settled(3 + seed % 5, {.seed = seed, .has_links = seed % 2 == 0});
    std::mt19937_64 chance{seed};
    std::size_t nodes = 3 + seed % 5;
    for (int disturbance = 0; disturbance < 20; ++disturbance) {
      const auto victim = chance() % nodes;
      const auto duration = 1ms * (chance() % 20'000);
      switch (chance() % 5) {
        case 0:
          cluster->start_node();
          ++nodes;
          break;
        case 1:
          if (cluster->running() > 1)
            cluster->kill(victim);
          break;
        case 2:
          cluster->pause(victim, duration);
          break;
        case 3:
          cluster->cut_off(victim, duration);
          break;
        default:
          if (cluster->running() > 1)
            cluster->stop(victim);
      }
      cluster->run_for(1ms * (chance() % 8'000));
    }
    cluster->start_node();
    cluster->run_for(60s);
    CHECK(cluster->conflicts() == 0);
    CHECK(cluster->balanced());
  }
}
