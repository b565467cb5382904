#include "supervision/restart_budget.hpp"

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using talaria::supervision::restart_budget;
using talaria::supervision::restart_policy;

namespace {
constexpr restart_policy policy{
    .restarts_max = 3, .window = 10s, .backoff_min = 100ms, .backoff_max = 300ms};
constexpr restart_budget::time_point start{};
}  // namespace

TEST_CASE("the wait doubles with each failure in the window, up to the longest") {
  restart_budget budget{policy};
  CHECK(budget.spend(start, 0) == 100ms);
  CHECK(budget.spend(start + 1s, 0) == 200ms);
  CHECK(budget.spend(start + 2s, 0) == 300ms);
}

TEST_CASE("jitter shortens the wait by up to a half") {
  restart_budget budget{policy};
  CHECK(budget.spend(start, 0.5) == 75ms);
}

TEST_CASE("one failure more than the budget in a window exceeds it") {
  restart_budget budget{policy};
  for (int i = 0; i < 3; ++i)
    REQUIRE(budget.spend(start, 0));
  CHECK_FALSE(budget.spend(start + 9999ms, 0));
}

TEST_CASE("failures that have left the window do not count") {
  restart_budget budget{policy};
  for (int i = 0; i < 3; ++i)
    REQUIRE(budget.spend(start, 0));
  CHECK(budget.spend(start + 10s, 0) == 100ms);
}

TEST_CASE("a refilled budget starts from the shortest wait") {
  restart_budget budget{policy};
  for (int i = 0; i < 3; ++i)
    REQUIRE(budget.spend(start, 0));
  budget.refill();
  CHECK(budget.spend(start, 0) == 100ms);
}
