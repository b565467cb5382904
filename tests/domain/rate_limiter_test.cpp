#include "domain/rate_limiter.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

using namespace talaria::domain;
using namespace std::chrono_literals;

namespace {

constexpr timestamp start{std::chrono::microseconds{1'770'000'000'000'000}};

/// When deliveries start that all wait from the beginning on.
std::vector<timestamp> starts(rate_limiter& limiter, std::size_t count) {
  std::vector<timestamp> started;
  auto now = start;
  while (started.size() < count) {
    now = limiter.next(now);
    limiter.take(now);
    started.push_back(now);
  }
  return started;
}

std::size_t most_within(const std::vector<timestamp>& started, std::chrono::microseconds span) {
  std::size_t most = 0;
  for (std::size_t first = 0; first < started.size(); ++first) {
    const auto end = std::ranges::lower_bound(started, started[first] + span);
    most = std::max(most, static_cast<std::size_t>(end - started.begin()) - first);
  }
  return most;
}

}  // namespace

TEST_CASE("without a rate nothing waits") {
  rate_limiter limiter;
  for (const auto when : starts(limiter, 1000))
    CHECK(when == start);
}

TEST_CASE("deliveries start evenly, at the rate") {
  for (const std::uint32_t rate : {1U, 2U, 7U, 100U, 999U, 10'000U}) {
    CAPTURE(rate);
    rate_limiter limiter;
    limiter.set_rate(rate);
    const auto started = starts(limiter, 3 * rate + 1);
    CHECK(started.back() - started.front() >= 3s - rate_limiter::burst);
    CHECK(started.back() - started.front() <= 3s);
    CHECK(most_within(started, 1s) <= rate + rate / 100 + 1);
    CHECK(most_within(started, 100ms) <= rate / 10 + rate / 100 + 2);
  }
}

TEST_CASE("a pause saves up no more than the burst") {
  rate_limiter limiter;
  limiter.set_rate(1000);
  starts(limiter, 5);
  auto now = start + 1h;
  std::size_t at_once = 0;
  for (; limiter.next(now) == now; ++at_once)
    limiter.take(now);
  CHECK(at_once == 11);
}

TEST_CASE("another rate applies from the next delivery on") {
  rate_limiter limiter;
  limiter.set_rate(1);
  limiter.take(start);
  CHECK(limiter.next(start) == start + 1s - rate_limiter::burst);
  limiter.set_rate(std::nullopt);
  CHECK(limiter.next(start) == start);
  limiter.set_rate(10);
  limiter.take(start + 2s);
  CHECK(limiter.next(start + 2s) == start + 2100ms - rate_limiter::burst);
}
