#include "tests/simulation/simulation.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <limits>
#include <map>
#include <string>

namespace {

using namespace talaria;

struct given {
  std::uint64_t first_seed = 1;
  std::uint64_t seeds = 1'000;
  double seconds = std::numeric_limits<double>::infinity();
  bool traced = false;
  simulation::sabotage broken = simulation::sabotage::none;
};

const std::map<std::string, simulation::sabotage> sabotages{
    {"ack-before-commit", simulation::sabotage::ack_before_commit},
    {"no-sweep", simulation::sabotage::no_sweep},
    {"no-fence", simulation::sabotage::no_fence},
    {"no-revision-check", simulation::sabotage::no_revision_check},
    {"no-place-check", simulation::sabotage::no_place_check},
};

void show(const given& wanted, std::uint64_t seed) {
  const auto again = simulation::run({.seed = seed, .broken = wanted.broken, .traced = true});
  if (wanted.traced) {
    for (const auto& line : again.trace)
      fmt::print("{}\n", line);
  }
  fmt::print("seed {} breaks a promise; to replay it: --seed {} --seeds 1 --trace\n{}\n", seed,
             seed, chaos::to_table(again.verdict));
}

int run(const given& wanted) {
  const auto started = std::chrono::steady_clock::now();
  const auto elapsed = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  };
  std::uint64_t done = 0;
  std::uint64_t failed = 0;
  std::uint64_t deliveries = 0;
  std::uint64_t disturbances = 0;
  for (; done < wanted.seeds && elapsed() < wanted.seconds; ++done) {
    const auto seed = wanted.first_seed + done;
    const auto ended = simulation::run({.seed = seed, .broken = wanted.broken});
    deliveries += ended.deliveries;
    disturbances += ended.disturbances;
    if (ended.verdict.holds())
      continue;
    if (++failed == 1)
      show(wanted, seed);
  }
  fmt::print(
      "{} schedules, {} of them broke a promise; {} deliveries, {} disturbances, in {:.1f} s: "
      "{:.0f} "
      "schedules a minute\n",
      done, failed, deliveries, disturbances, elapsed(),
      60 * static_cast<double>(done) / elapsed());
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App command{"Simulates schedules of work and trouble, and judges each by what is promised."};
  given wanted;
  command.add_option("--seed", wanted.first_seed, "The first one")->capture_default_str();
  command.add_option("--seeds", wanted.seeds, "How many")->capture_default_str();
  command.add_option("--seconds", wanted.seconds, "For how long at most");
  command.add_flag("--trace", wanted.traced, "Print what happened in the first that fails");
  command.add_option("--sabotage", wanted.broken, "Break a rule, to see that it is noticed")
      ->transform(CLI::CheckedTransformer(sabotages));
  CLI11_PARSE(command, argc, argv);
  return run(wanted);
}
