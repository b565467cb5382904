#include "domain/sliding_window.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <random>

namespace talaria::domain {

namespace {

using namespace std::chrono_literals;

constexpr timestamp start{std::chrono::seconds{1'770'000'000}};

}  // namespace

TEST_CASE("as many are allowed as the limit says, and one more is not") {
  sliding_window window{1min};
  for (std::uint32_t taken = 1; taken <= 3; ++taken) {
    const auto verdict = window.take(start, 3);
    CHECK(verdict.allowed);
    CHECK(verdict.remaining == 3 - taken);
  }
  CHECK_FALSE(window.take(start, 3).allowed);
  CHECK_FALSE(window.take(start + 59s, 3).allowed);
}

TEST_CASE("what was counted goes evenly once its window is over") {
  sliding_window window{1min};
  for (int taken = 0; taken < 60; ++taken)
    REQUIRE(window.take(start, 60).allowed);
  CHECK_FALSE(window.take(start + 60s, 60).allowed);
  CHECK(window.take(start + 61s, 60).allowed);
  CHECK_FALSE(window.take(start + 61s, 60).allowed);
  CHECK(window.take(start + 62s, 60).allowed);
}

TEST_CASE("after the wait that a refusal names the request is allowed, and not before") {
  std::mt19937 random{7};
  for (int round = 0; round < 200; ++round) {
    CAPTURE(round);
    sliding_window window{1s};
    auto now = start;
    const std::uint32_t limit = 1 + random() % 20;
    for (int step = 0; step < 50; ++step) {
      now += std::chrono::microseconds{random() % 200'000};
      const std::uint32_t amount = 1 + random() % limit;
      const auto verdict = window.take(now, limit, amount);
      if (verdict.allowed)
        continue;
      auto too_early = window;
      CHECK_FALSE(too_early.take(now + verdict.wait - 2us, limit, amount).allowed);
      now += verdict.wait;
      CHECK(window.take(now, limit, amount).allowed);
    }
  }
}

TEST_CASE(
    "no stretch of a window's length has more than twice the limit, nor two of them together "
    "more than three times") {
  std::mt19937 random{11};
  sliding_window window{1s};
  std::deque<timestamp> taken;
  auto now = start;
  constexpr std::uint32_t limit = 10;
  for (int step = 0; step < 20'000; ++step) {
    now += std::chrono::microseconds{random() % 60'000};
    if (window.take(now, limit).allowed)
      taken.push_back(now);
    while (!taken.empty() && taken.front() <= now - 2s)
      taken.pop_front();
    CHECK(taken.size() <= 3 * limit);
    const auto recent = std::ranges::count_if(taken, [&](timestamp at) { return at > now - 1s; });
    CHECK(recent <= 2 * limit);
  }
}

TEST_CASE("a batch beyond the limit waits for an empty window, and then takes the room of others") {
  sliding_window window{1s};
  CHECK(window.take(start, 10, 25).allowed);
  CHECK_FALSE(window.take(start + 1s, 10).allowed);
  CHECK_FALSE(window.take(start + 1'600ms, 10).allowed);
  CHECK(window.take(start + 1'640ms, 10).allowed);
  CHECK_FALSE(window.take(start + 1'640ms, 10, 25).allowed);
  CHECK(window.take(start + 4s, 10, 25).allowed);
}

TEST_CASE("a clock that steps back gives nothing away") {
  sliding_window window{1s};
  REQUIRE(window.take(start, 1).allowed);
  CHECK_FALSE(window.take(start - 5s, 1).allowed);
  CHECK(window.take(start + 2s, 1).allowed);
}

TEST_CASE("a window is idle when nothing counts in it any more") {
  sliding_window window{1s};
  REQUIRE(window.take(start, 1).allowed);
  CHECK_FALSE(window.is_idle(start + 1'999ms));
  CHECK(window.is_idle(start + 2s));
}

}  // namespace talaria::domain
