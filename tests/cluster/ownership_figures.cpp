// Prints how clusters of different sizes behave, as docs/scaling.md shows it: the real keeper of
// every node around a model of the store, in simulated time.
#include "tests/cluster/ownership_simulation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

namespace {

using namespace talaria;
using namespace std::chrono_literals;
using cluster::uptime;
using cluster::test::ownership_simulation;

constexpr uptime limit = 300s;
constexpr std::size_t rolling_nodes_max = 300;

double seconds(uptime duration) {
  return std::chrono::duration<double>(duration).count();
}

void start(ownership_simulation& cluster, std::size_t nodes) {
  for (std::size_t i = 0; i < nodes; ++i)
    cluster.start_node();
}

void print(std::size_t nodes, const char* what, uptime took, const ownership_simulation& cluster,
           std::uint64_t statements) {
  fmt::print("| {} | {} | {:.1f} | {} | {} | {} |\n", nodes, what, seconds(took), statements,
             cluster.statements_per_second_max(), cluster.conflicts());
  std::fflush(stdout);
}

template <class Disturbance>
void measure(std::size_t nodes, const char* what, const Disturbance& disturb) {
  ownership_simulation cluster{{}};
  start(cluster, nodes);
  cluster.run_until([&] { return cluster.balanced(); }, limit);
  cluster.forget_peak();
  const auto before = cluster.tables().statements.sum();
  const auto took = disturb(cluster);
  print(nodes, what, took, cluster, cluster.tables().statements.sum() - before);
}

void measure_size(std::size_t nodes) {
  {
    ownership_simulation cluster{{}};
    start(cluster, nodes);
    const auto took = cluster.run_until([&] { return cluster.balanced(); }, limit);
    print(nodes, "all start at once", took, cluster, cluster.tables().statements.sum());
  }
  measure(nodes, "at rest, 10 s", [](auto& cluster) {
    cluster.run_for(10s);
    return uptime{10s};
  });
  measure(nodes, "a third more join", [&](auto& cluster) {
    start(cluster, nodes / 3);
    return cluster.run_until([&] { return cluster.balanced(); }, limit);
  });
  measure(nodes, "a third is killed", [&](auto& cluster) {
    for (std::size_t i = 0; i < nodes / 3; ++i)
      cluster.kill(i);
    return cluster.run_until([&] { return cluster.balanced(); }, limit);
  });
  // A thousand nodes that all look whenever one moves take the simulation too long.
  if (nodes > rolling_nodes_max)
    return;
  measure(nodes, "all restart in turn", [&](auto& cluster) {
    const auto began = cluster.now();
    for (std::size_t i = 0; i < nodes; ++i) {
      cluster.stop(i);
      cluster.run_for(
          std::max<uptime>(2s * 30 / static_cast<std::int64_t>(std::max(nodes, 30UL)), 50ms));
      cluster.start_node();
    }
    cluster.run_until([&] { return cluster.balanced(); }, limit);
    return cluster.now() - began;
  });
}

}  // namespace

int main(int argc, char** argv) {
  fmt::print(
      "| nodes | what happens | seconds until balanced | calls of the store | most in a second | "
      "two "
      "owners |\n|---|---|---|---|---|---|\n");
  std::vector<std::size_t> sizes{3, 30, 300, 1000};
  if (argc > 1)
    sizes = {std::stoul(argv[1])};
  for (const auto nodes : sizes)
    measure_size(nodes);
}
