#include "actors/recovery_allowance.hpp"

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using talaria::actors::recovery_allowance;

namespace {

constexpr talaria::domain::timestamp start{std::chrono::microseconds{1'770'000'000'000'000}};

}  // namespace

TEST_CASE("an allowance begins empty and grows with the time") {
  recovery_allowance allowance{start};
  CHECK(allowance.take(start, 100) == 0);
  CHECK(allowance.take(start + 200ms, 100) == 20);
  CHECK(allowance.take(start + 200ms, 100) == 0);
  CHECK(allowance.take(start + 209'999us, 100) == 0);
  CHECK(allowance.take(start + 210ms, 100) == 1);
}

TEST_CASE("fractions come together, at any rate") {
  for (const std::uint32_t rate : {1U, 3U, 7U, 999U, 10'000U}) {
    CAPTURE(rate);
    recovery_allowance allowance{start};
    std::size_t taken = 0;
    for (int tick = 1; tick <= 500; ++tick)
      taken += allowance.take(start + tick * 200ms, rate);
    CHECK(taken <= 100 * rate);
    // What rounding costs is less than a thousandth.
    CHECK(taken + 1 + rate / 10 >= 100 * rate);
  }
}

TEST_CASE("no more than a second's worth comes together") {
  recovery_allowance allowance{start};
  CHECK(allowance.take(start + 1s, 100) == 100);
  CHECK(allowance.take(start + 3s, 100) == 100);
  CHECK(allowance.take(start + 3s, 100) == 0);
}

TEST_CASE("a clock that steps back gives nothing, and the time counts from there") {
  recovery_allowance allowance{start};
  CHECK(allowance.take(start - 1h, 100) == 0);
  CHECK(allowance.take(start - 1h + 200ms, 100) == 20);
}
