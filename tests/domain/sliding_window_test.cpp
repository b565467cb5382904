#include "domain/sliding_window.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <deque>
#include <random>

namespace talaria::domain {

namespace {

using namespace std::chrono_literals;

constexpr timestamp start{std::chrono::seconds{1'770'000'000}};

/// How much a second is allowed of what is asked for at every step.
double admitted_rate(double exact, std::uint32_t amount, std::chrono::milliseconds step) {
  constexpr auto duration = 1'000s;
  sliding_window window{1s};
  double admitted = 0;
  for (auto passed = 0ms; passed < duration; passed += step) {
    const auto turn = static_cast<double>(passed / 1s);
    const auto whole = std::floor((turn + 1) * exact) - std::floor(turn * exact);
    const sliding_window::quota allowed{static_cast<std::uint32_t>(whole), exact};
    if (window.take(start + passed, allowed, amount).allowed)
      admitted += amount;
  }
  return admitted / duration.count();
}

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

TEST_CASE("what was counted goes a length after its fiftieth began") {
  sliding_window window{1s};
  REQUIRE(window.take(start, 2).allowed);
  REQUIRE(window.take(start + 519ms, 2).allowed);
  CHECK_FALSE(window.take(start + 1s - 1us, 2).allowed);
  CHECK(window.take(start + 1s, 2).allowed);
  CHECK_FALSE(window.take(start + 1'500ms - 1us, 2).allowed);
  CHECK(window.take(start + 1'500ms, 2).allowed);
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

TEST_CASE("no stretch of 49 fiftieths of a window's length has more than the limit") {
  std::mt19937 random{11};
  sliding_window window{1s};
  std::deque<timestamp> taken;
  auto now = start;
  constexpr std::uint32_t limit = 10;
  for (int step = 0; step < 20'000; ++step) {
    now += std::chrono::microseconds{random() % 60'000};
    if (window.take(now, limit).allowed)
      taken.push_back(now);
    while (!taken.empty() && taken.front() <= now - 980ms)
      taken.pop_front();
    CHECK(taken.size() <= limit);
  }
}

TEST_CASE("who asks evenly for all of the limit is never refused") {
  for (const std::uint32_t limit : {1U, 3U, 50U, 90U, 1'000U}) {
    CAPTURE(limit);
    sliding_window window{1s};
    for (std::uint32_t asked = 0; asked < 10 * limit; ++asked)
      CHECK(
          window.take(start + 7ms + asked * std::chrono::microseconds{1s} / limit, limit).allowed);
  }
}

TEST_CASE("who always asks for more gets what the quota is on average") {
  for (const double exact : {0.25, 1.0 / 3, 1.0, 4.0 / 3, 1.0 + 2.0 / 3, 2.0, 7.5, 90.0}) {
    for (const std::uint32_t amount : {1U, 3U, 20U}) {
      CAPTURE(exact);
      CAPTURE(amount);
      const auto rate = admitted_rate(exact, amount, 5ms);
      const auto wanted = amount <= exact ? amount * std::floor(exact / amount) : exact;
      CHECK(rate >= 0.95 * wanted);
      CHECK(rate <= 1.03 * exact + amount / 1'000.0);
    }
  }
}

TEST_CASE("less than one is allowed on average also to who asks seldom") {
  CHECK(admitted_rate(0.65, 1, 750ms) == doctest::Approx(0.65).epsilon(0.01));
  CHECK(admitted_rate(0.65, 1, 1'500ms) == doctest::Approx(0.65).epsilon(0.01));
}

TEST_CASE("a batch beyond the limit waits for an empty window, and is made up for") {
  sliding_window window{1s};
  REQUIRE(window.take(start, 10).allowed);
  CHECK_FALSE(window.take(start + 1s - 1us, 10, 26).allowed);
  const auto began = start + 1s;
  const auto batch = window.take(began, 10, 26);
  REQUIRE(batch.allowed);
  CHECK(batch.remaining == 0);
  // One was paid ahead.
  CHECK(batch.wait == 2'500ms);
  const auto refused = window.take(began + 2s, 10);
  CHECK_FALSE(refused.allowed);
  CHECK(refused.wait == 500ms);
  CHECK_FALSE(window.is_idle(began + 2'500ms - 1us));
  CHECK(window.is_idle(began + 2'500ms));
  CHECK(window.take(began + 2'500ms, 10, 11).allowed);
}

TEST_CASE("less than one is allowed as often as it adds up to one") {
  sliding_window window{1s};
  CHECK(window.take(start, {.whole = 0, .exact = 0.25}).allowed);
  const auto refused = window.take(start + 2s, {.whole = 1, .exact = 0.25});
  CHECK_FALSE(refused.allowed);
  CHECK(refused.wait == 1s);
  // What is owed is paid off at what is allowed by then.
  CHECK(window.take(start + 2'500ms, {.whole = 0, .exact = 0.5}).allowed);
}

TEST_CASE("a window works from the beginning of time") {
  sliding_window window{1s};
  CHECK(window.take(timestamp{}, 2).allowed);
  CHECK(window.take(timestamp{} + 30ms, 2).allowed);
  CHECK(window.take(timestamp{} + 30ms, 2).wait == 970ms);
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
  CHECK_FALSE(window.is_idle(start + 1s - 1us));
  CHECK(window.is_idle(start + 1s));
}

}  // namespace talaria::domain
