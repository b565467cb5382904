#include "bench/load/pacer.hpp"

#include <doctest/doctest.h>

using namespace talaria::load;
using namespace std::chrono_literals;

namespace {

const pacer::time start{std::chrono::hours{100}};

}  // namespace

TEST_CASE("the first request is due at the start") {
  const pacer pace{200, start};
  CHECK(pace.next_due() == start);
  CHECK(pace.taken() == 0);
}

TEST_CASE("requests are due at even intervals") {
  pacer pace{200, start};
  for (int number = 0; number < 10; ++number)
    CHECK(pace.take() == start + number * 5ms);
  CHECK(pace.taken() == 10);
}

TEST_CASE("a rate that divides no second evenly does not drift") {
  pacer pace{7, start};
  for (int number = 0; number < 7 * 3600; ++number)
    pace.take();
  CHECK(pace.next_due() == start + 3600s);
}

TEST_CASE("a rate below one a second is kept") {
  pacer pace{0.25, start};
  pace.take();
  CHECK(pace.next_due() == start + 4s);
}

TEST_CASE("looking at the next request does not take it") {
  pacer pace{1000, start};
  CHECK(pace.next_due() == pace.next_due());
  CHECK(pace.take() == start);
  CHECK(pace.next_due() == start + 1ms);
}
