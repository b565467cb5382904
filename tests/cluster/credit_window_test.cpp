#include "cluster/credit_window.hpp"

#include <doctest/doctest.h>

using namespace talaria::cluster;
using namespace std::chrono_literals;

namespace {

constexpr credit_window::time_point start{};

}  // namespace

TEST_CASE("as many messages are under way as the window has, and not one more") {
  credit_window window{{.messages_max = 3, .bytes_max = 1'000}};
  for (std::uint64_t sequence = 1; sequence <= 3; ++sequence) {
    CHECK(window.admits());
    CHECK(window.add(1, start) == sequence);
  }
  CHECK_FALSE(window.admits());
  CHECK(window.acknowledge(1, start));
  CHECK(window.admits());
  CHECK(window.messages() == 2);
}

TEST_CASE("bytes are under way until the window is full, which the last message may exceed") {
  credit_window window{{.messages_max = 100, .bytes_max = 1'000}};
  window.add(999, start);
  CHECK(window.admits());
  window.add(5'000, start);
  CHECK_FALSE(window.admits());
  CHECK(window.bytes() == 5'999);
  window.acknowledge(1, start);
  CHECK_FALSE(window.admits());
  window.acknowledge(2, start);
  CHECK(window.admits());
  CHECK(window.bytes() == 0);
}

TEST_CASE("a window that is filled exactly admits nothing") {
  credit_window window{{.messages_max = 100, .bytes_max = 1'000}};
  window.add(1'000, start);
  CHECK_FALSE(window.admits());
}

TEST_CASE(
    "an acknowledgement counts for all before it, and tells how long the last was under way") {
  credit_window window{{}};
  window.add(10, start);
  window.add(10, start + 1ms);
  window.add(10, start + 2ms);
  CHECK(window.acknowledge(2, start + 5ms) == 4ms);
  CHECK(window.messages() == 1);
  CHECK(window.bytes() == 10);
}

TEST_CASE("an acknowledgement of what was never sent, or for the second time, counts for nothing") {
  credit_window window{{}};
  window.add(10, start);
  CHECK_FALSE(window.acknowledge(2, start));
  CHECK_FALSE(window.acknowledge(~std::uint64_t{0}, start));
  CHECK_FALSE(window.acknowledge(0, start));
  CHECK(window.messages() == 1);
  CHECK(window.acknowledge(1, start));
  CHECK_FALSE(window.acknowledge(1, start));
  CHECK(window.add(10, start) == 2);
}
