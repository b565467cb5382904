#include "console/actor_rates.hpp"

#include <doctest/doctest.h>

using namespace talaria::console;
using namespace std::chrono_literals;

namespace {

constexpr actor_rates::time start{1h};

actor counted(std::string path, std::uint64_t messages, std::chrono::microseconds busy = 0us) {
  actor one;
  one.path = std::move(path);
  one.messages_handled = messages;
  one.busy = busy;
  return one;
}

actor_page page_of(std::vector<actor> actors) {
  actor_page page;
  page.actors = std::move(actors);
  return page;
}

}  // namespace

TEST_CASE("a rate is what was counted between two looks") {
  actor_rates rates;
  rates.take(page_of({counted("/a", 100, 1s)}), start);
  CHECK_FALSE(rates.find("/a"));
  CHECK_FALSE(rates.messages_per_second());
  rates.take(page_of({counted("/a", 150, 1500ms)}), start + 2s);
  REQUIRE(rates.find("/a"));
  CHECK(rates.find("/a")->messages_per_second == doctest::Approx(25));
  CHECK(rates.find("/a")->busy_fraction == doctest::Approx(0.25));
}

TEST_CASE("looks closer than the least span are measured together") {
  actor_rates rates;
  rates.take(page_of({counted("/a", 0)}), start);
  rates.take(page_of({counted("/a", 1000)}), start + actor_rates::span_min - 1ms);
  CHECK_FALSE(rates.find("/a"));
  rates.take(page_of({counted("/a", 1000)}), start + actor_rates::span_min);
  REQUIRE(rates.find("/a"));
  CHECK(rates.find("/a")->messages_per_second == doctest::Approx(2000));
  rates.take(page_of({counted("/a", 5000)}), start + actor_rates::span_min + 1ms);
  CHECK(rates.find("/a")->messages_per_second == doctest::Approx(2000));
}

TEST_CASE("counters that began anew have no rate until the look after") {
  actor_rates rates;
  rates.take(page_of({counted("/a", 100)}), start);
  rates.take(page_of({counted("/a", 99)}), start + 1s);
  CHECK_FALSE(rates.find("/a"));
  rates.take(page_of({counted("/a", 109)}), start + 2s);
  CHECK(rates.find("/a")->messages_per_second == doctest::Approx(10));
}

TEST_CASE("an actor that is not on a page is forgotten") {
  actor_rates rates;
  rates.take(page_of({counted("/a", 1)}), start);
  rates.take(page_of({counted("/b", 1)}), start + 1s);
  rates.take(page_of({counted("/a", 9)}), start + 2s);
  CHECK_FALSE(rates.find("/a"));
}

TEST_CASE("all messages are those that the server counts, or else those of the page") {
  actor_rates rates;
  rates.take(page_of({counted("/a", 0), counted("/b", 0)}), start);
  rates.take(page_of({counted("/a", 10), counted("/b", 20)}), start + 1s);
  CHECK(rates.messages_per_second() == doctest::Approx(30));

  auto page = page_of({counted("/a", 10)});
  page.messages_handled = 1000;
  rates.take(page, start + 2s);
  CHECK_FALSE(rates.messages_per_second());
  page.messages_handled = 1500;
  rates.take(page, start + 3s);
  CHECK(rates.messages_per_second() == doctest::Approx(500));
}
