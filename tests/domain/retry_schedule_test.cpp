#include "domain/retry_schedule.hpp"

#include "domain/limits.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <optional>
#include <random>
#include <vector>

using namespace talaria::domain;
using namespace std::chrono_literals;

namespace {

using duration = retry_schedule::duration;
using std::chrono::seconds;

constexpr double no_jitter = 0.5;
const double jitter_max = std::nextafter(1.0, 0.0);

const retry_schedule three_retries{std::vector<duration>{1s, 10s, 5s}};

}  // namespace

TEST_CASE("the default schedule is the one Standard Webhooks recommends") {
  CHECK(retry_schedule{}.delays() == std::vector<duration>{5s, 5min, 30min, 2h, 5h, 10h, 10h});
  CHECK_FALSE(retry_schedule{}.form());
}

TEST_CASE("each failed attempt waits for its own delay") {
  CHECK(three_retries.next_delay(1, std::nullopt, no_jitter) == duration{1s});
  CHECK(three_retries.next_delay(2, std::nullopt, no_jitter) == duration{10s});
  CHECK(three_retries.next_delay(3, std::nullopt, no_jitter) == duration{5s});
}

TEST_CASE("the attempt after the last delay exhausts the schedule") {
  for (const auto failed : {4U, 5U, std::numeric_limits<std::uint32_t>::max()}) {
    CAPTURE(failed);
    const auto delay = three_retries.next_delay(failed, std::nullopt, no_jitter);
    REQUIRE_FALSE(delay);
    CHECK(delay.error().code == ec::attempts_exhausted);
  }
}

TEST_CASE("a schedule without delays is exhausted by the first attempt, Retry-After or not") {
  const retry_schedule once{std::vector<duration>{}};
  CHECK_FALSE(once.next_delay(1, std::nullopt, no_jitter));
  CHECK_FALSE(once.next_delay(1, 5s, no_jitter));
}

TEST_CASE("no attempt failed is no reason to wait") {
  CHECK_FALSE(three_retries.next_delay(0, std::nullopt, no_jitter));
}

TEST_CASE("jitter 0 takes a fifth off the delay, and the largest jitter adds a fifth") {
  CHECK(three_retries.next_delay(2, std::nullopt, 0) == duration{8s});
  CHECK(three_retries.next_delay(2, std::nullopt, jitter_max) == duration{12s});
  const retry_schedule longest{std::vector<duration>{limits::retry_delay_max}};
  CHECK(longest.next_delay(1, std::nullopt, 0) == duration{576h});
  CHECK(longest.next_delay(1, std::nullopt, jitter_max) == duration{864h});
}

TEST_CASE("jitter spreads the delay over all of ±20 % and nothing else (seed 1)") {
  std::mt19937_64 random{1};
  std::uniform_real_distribution<double> jitter{0, 1};
  duration least = duration::max();
  duration most{0};
  for (int i = 0; i < 10'000; ++i) {
    const auto delay = three_retries.next_delay(2, std::nullopt, jitter(random));
    REQUIRE(delay);
    least = std::min(least, *delay);
    most = std::max(most, *delay);
  }
  CHECK(least >= 8s);
  CHECK(least < 8010ms);
  CHECK(most <= 12s);
  CHECK(most > 11990ms);
}

TEST_CASE("the shortest delay stays at least one millisecond, whatever the jitter") {
  const retry_schedule shortest{std::vector<duration>{1ms}};
  for (const auto jitter : {0.0, no_jitter, jitter_max})
    CHECK(shortest.next_delay(1, std::nullopt, jitter) == duration{1ms});
}

TEST_CASE("Retry-After lengthens the wait, up to the schedule's longest delay") {
  CHECK(three_retries.next_delay(1, 7s, no_jitter) == duration{7s});
  CHECK(three_retries.next_delay(1, 10s, no_jitter) == duration{10s});
  CHECK(three_retries.next_delay(1, 11s, no_jitter) == duration{10s});
}

TEST_CASE("Retry-After never shortens the wait") {
  CHECK(three_retries.next_delay(2, 9s, no_jitter) == duration{10s});
  CHECK(three_retries.next_delay(2, 0s, no_jitter) == duration{10s});
  // The jitter has already put the wait beyond the longest delay.
  CHECK(three_retries.next_delay(2, 11s, jitter_max) == duration{12s});
}

TEST_CASE("Retry-After is compared with the wait after jitter") {
  CHECK(three_retries.next_delay(2, 9s, 0) == duration{9s});
  CHECK(three_retries.next_delay(2, 8s, 0) == duration{8s});
}

TEST_CASE("Retry-After is held to a longest delay that is no whole number of seconds") {
  const retry_schedule schedule{std::vector<duration>{100ms, 2500ms}};
  CHECK(schedule.next_delay(1, 2s, no_jitter) == duration{2s});
  CHECK(schedule.next_delay(1, 3s, no_jitter) == duration{2500ms});
  const retry_schedule quick{std::vector<duration>{100ms, 999ms}};
  CHECK(quick.next_delay(1, 1s, no_jitter) == duration{999ms});
}

TEST_CASE("a Retry-After of any size is held to the longest delay") {
  for (const auto retry_after : {seconds{std::numeric_limits<std::int64_t>::max() / 1000},
                                 seconds{std::numeric_limits<std::int64_t>::max() / 1000 + 1},
                                 seconds::max() - 1s, seconds::max()}) {
    CHECK(three_retries.next_delay(1, retry_after, no_jitter) == duration{10s});
  }
}

TEST_CASE("a Retry-After in the past changes nothing, however far back") {
  for (const auto retry_after :
       {seconds{-1}, seconds{std::numeric_limits<std::int64_t>::min() / 1000 - 1},
        seconds::min()}) {
    CHECK(three_retries.next_delay(1, retry_after, no_jitter) == duration{1s});
  }
}

TEST_CASE("an exponential schedule multiplies its delay until the longest") {
  const retry_schedule schedule{
      retry_schedule::exponential{.base = 1s, .factor = 3, .max = 20s, .attempts_max = 6}};
  CHECK(schedule.delays() == std::vector<duration>{1s, 3s, 9s, 20s, 20s});
  CHECK_FALSE(schedule.next_delay(6, std::nullopt, no_jitter));
}

TEST_CASE("an exponential schedule of one attempt has no delay") {
  const retry_schedule schedule{
      retry_schedule::exponential{.base = 1s, .factor = 2, .max = 1s, .attempts_max = 1}};
  CHECK(schedule.delays().empty());
}

TEST_CASE("an exponential schedule of factor 1 repeats its base") {
  const retry_schedule schedule{
      retry_schedule::exponential{.base = 1s, .factor = 1, .max = 1h, .attempts_max = 4}};
  CHECK(schedule.delays() == std::vector<duration>{1s, 1s, 1s});
}

TEST_CASE("an exponential schedule rounds to milliseconds without adding up its rounding") {
  const retry_schedule schedule{
      retry_schedule::exponential{.base = 1ms, .factor = 1.5, .max = 1h, .attempts_max = 6}};
  // 1, 1.5, 2.25, 3.375, 5.0625
  CHECK(schedule.delays() == std::vector<duration>{1ms, 2ms, 2ms, 3ms, 5ms});
}

TEST_CASE("an exponential schedule whose base is over its longest delay starts with the longest") {
  const retry_schedule schedule{
      retry_schedule::exponential{.base = 1h, .factor = 2, .max = 1s, .attempts_max = 3}};
  CHECK(schedule.delays() == std::vector<duration>{1s, 1s});
}

TEST_CASE("the steepest exponential schedule stays within its longest delay") {
  const retry_schedule schedule{
      retry_schedule::exponential{.base = 1ms,
                                  .factor = 1e300,
                                  .max = limits::retry_delay_max,
                                  .attempts_max = limits::retry_delays_max + 1}};
  REQUIRE(schedule.delays().size() == limits::retry_delays_max);
  CHECK(schedule.delays().front() == 1ms);
  for (std::size_t i = 1; i < schedule.delays().size(); ++i)
    CHECK(schedule.delays()[i] == limits::retry_delay_max);
}

TEST_CASE("a schedule remembers the form it was made from, and differs from the same delays") {
  const retry_schedule::exponential form{.base = 1s, .factor = 2, .max = 4s, .attempts_max = 4};
  const retry_schedule made_of_form{form};
  const retry_schedule made_of_delays{std::vector<duration>{1s, 2s, 4s}};
  CHECK(made_of_form.form() == form);
  CHECK(made_of_form.delays() == made_of_delays.delays());
  CHECK_FALSE(made_of_form == made_of_delays);
  CHECK(made_of_form == retry_schedule{form});
}
