#include "bench/load/latency_histogram.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

using namespace talaria::load;
using namespace std::chrono_literals;
using std::chrono::nanoseconds;

TEST_CASE("an empty histogram has zero for every quantile") {
  const latency_histogram empty;
  CHECK(empty.count() == 0);
  CHECK(empty.quantile(0.5) == 0ns);
  CHECK(empty.max() == 0ns);
  CHECK(empty.mean() == 0ns);
}

TEST_CASE("a single duration is every quantile") {
  latency_histogram histogram;
  histogram.record(1234567ns);
  for (const double fraction : {0.0, 0.01, 0.5, 0.99, 1.0})
    CHECK(histogram.quantile(fraction) == 1234567ns);
}

TEST_CASE("durations below 128 ns are counted exactly") {
  latency_histogram histogram;
  for (int value = 1; value <= 100; ++value)
    histogram.record(nanoseconds{value});
  CHECK(histogram.quantile(0.5) == 50ns);
  CHECK(histogram.quantile(0.99) == 99ns);
  CHECK(histogram.quantile(1) == 100ns);
  CHECK(histogram.mean() == 50ns);
}

TEST_CASE("quantiles are within 0.8 % of those of the sorted durations, and never below") {
  constexpr unsigned seed = 7;
  INFO("seed " << seed);
  std::mt19937_64 random{seed};
  std::lognormal_distribution<double> durations{14, 2};
  latency_histogram histogram;
  std::vector<nanoseconds> sorted;
  for (int drawn = 0; drawn < 100'000; ++drawn) {
    sorted.emplace_back(static_cast<std::int64_t>(durations(random)));
    histogram.record(sorted.back());
  }
  std::sort(sorted.begin(), sorted.end());
  for (const double fraction : {0.001, 0.1, 0.5, 0.9, 0.95, 0.99, 0.999, 1.0}) {
    CAPTURE(fraction);
    const auto rank = std::ceil(fraction * static_cast<double>(sorted.size()));
    const auto exact = sorted.at(static_cast<std::size_t>(rank) - 1);
    const auto estimate = histogram.quantile(fraction);
    CHECK(estimate >= exact);
    CHECK(static_cast<double>(estimate.count()) <= 1.008 * static_cast<double>(exact.count()));
  }
  CHECK(histogram.max() == sorted.back());
}

TEST_CASE("each power of two and its neighbours land in order") {
  latency_histogram histogram;
  nanoseconds former{0};
  for (int exponent = 2; exponent < 40; ++exponent) {
    const std::int64_t power = std::int64_t{1} << exponent;
    for (const auto value : {power - 1, power, power + 1}) {
      latency_histogram one;
      one.record(nanoseconds{value});
      one.record(latency_histogram::longest);
      CHECK(one.quantile(0.5) >= nanoseconds{value});
      CHECK(one.quantile(0.5) >= former);
      former = std::max(former, one.quantile(0.5));
    }
  }
}

TEST_CASE("durations out of range count as the nearest that is not") {
  latency_histogram histogram;
  histogram.record(-5ns);
  CHECK(histogram.quantile(1) == 0ns);
  histogram.record(std::chrono::hours{1});
  CHECK(histogram.max() == latency_histogram::longest);
  CHECK(histogram.quantile(1) == latency_histogram::longest);
  CHECK(histogram.count() == 2);
}

TEST_CASE("a merged histogram is that of all durations") {
  latency_histogram all;
  latency_histogram fast;
  latency_histogram slow;
  for (int value = 1; value <= 1000; ++value) {
    const nanoseconds duration{value * 1000};
    all.record(duration);
    (value <= 500 ? fast : slow).record(duration);
  }
  fast.merge(slow);
  CHECK(fast.count() == all.count());
  CHECK(fast.mean() == all.mean());
  CHECK(fast.max() == all.max());
  for (const double fraction : {0.1, 0.5, 0.9, 0.99})
    CHECK(fast.quantile(fraction) == all.quantile(fraction));
}
