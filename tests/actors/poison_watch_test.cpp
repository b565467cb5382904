#include "actors/poison_watch.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

using namespace talaria;
using actors::event_at_hand;
using actors::poison_watch;
using namespace std::chrono_literals;

namespace {
constexpr domain::timestamp start{std::chrono::seconds{1'700'000'000}};
constexpr domain::event_id first{{{1}}};
constexpr domain::event_id second{{{2}}};
}  // namespace

TEST_CASE("an event is isolated with the last of its tries, and not before") {
  poison_watch watch;
  CHECK(watch.failed(first, start) == 1);
  CHECK(watch.failed(second, start) == 1);
  CHECK(watch.failed(first, start) == 2);
  CHECK(watch.isolated().empty());
  CHECK(watch.failed(first, start) == 3);
  CHECK(watch.isolated() == std::set{first});
}

TEST_CASE("failures that lie as far apart as the memory do not add up") {
  poison_watch watch;
  watch.failed(first, start);
  CHECK(watch.failed(first, start + poison_watch::memory - 1us) == 2);
  CHECK(watch.failed(first, start + 2 * poison_watch::memory - 1us) == 1);
}

TEST_CASE("an event that is settled starts with all of its tries") {
  poison_watch watch;
  for (int i = 0; i < 3; ++i)
    watch.failed(first, start);
  watch.settled(first);
  CHECK(watch.isolated().empty());
  CHECK(watch.failed(first, start) == 1);
}

TEST_CASE("an event is at hand while it is worked on, and stays so when that throws") {
  event_at_hand at_hand;
  {
    const event_at_hand::mark marked{at_hand, first};
    CHECK(at_hand.event == first);
  }
  CHECK_FALSE(at_hand.event);
  try {
    const event_at_hand::mark marked{at_hand, second};
    throw std::runtime_error("on purpose");
  } catch (const std::runtime_error&) {
    CHECK(at_hand.event == second);
  }
}
