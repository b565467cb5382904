#include "tests/simulation/simulation.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace talaria::simulation;
using talaria::chaos::promise;

namespace {

/// A second or two of time; `talaria_simulator` takes as many as somebody has patience for.
constexpr std::uint64_t seeds = 300;

/// Whether a control that breaks one rule is noticed by the check that looks after it.
bool is_noticed(enum sabotage broken, promise by) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    if (!run({.seed = seed, .broken = broken}).verdict.of(by).holds())
      return true;
  }
  return false;
}

}  // namespace

TEST_CASE("whatever a schedule does, every promise is kept") {
  std::uint64_t deliveries = 0;
  std::uint64_t disturbances = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const auto ended = run({.seed = seed});
    INFO("to replay it: talaria_simulator --seed ", seed, " --seeds 1 --trace\n",
         talaria::chaos::to_table(ended.verdict));
    CHECK(ended.verdict.holds());
    deliveries += ended.deliveries;
    disturbances += ended.disturbances;
  }
  // Schedules in which nothing happens would keep every promise, too.
  CHECK(deliveries > 10 * seeds);
  CHECK(disturbances > seeds);
}

TEST_CASE("the same seed gives the same schedule, and another seed another") {
  std::set<std::vector<std::string>> traces;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const auto once = run({.seed = seed, .traced = true});
    CHECK(once.trace == run({.seed = seed, .traced = true}).trace);
    traces.insert(once.trace);
  }
  CHECK(traces.size() == 10);
}

TEST_CASE("an ack before the commit is noticed") {
  CHECK(is_noticed(sabotage::ack_before_commit, promise::acked_is_kept));
}

TEST_CASE("a missing sweep is noticed") {
  CHECK(is_noticed(sabotage::no_sweep, promise::drained));
}

TEST_CASE("a missing fence is noticed") {
  CHECK(is_noticed(sabotage::no_fence, promise::one_owner));
}

TEST_CASE("a fan-out of an older catalogue is noticed") {
  CHECK(is_noticed(sabotage::no_revision_check, promise::acked_is_kept));
}

TEST_CASE("an outcome that is recorded twice is noticed") {
  CHECK(is_noticed(sabotage::no_place_check, promise::ended_once));
}
