#include "actors/receiver_watch.hpp"

#include <doctest/doctest.h>

using namespace talaria;
using namespace std::chrono_literals;

namespace {

constexpr domain::timestamp start{std::chrono::microseconds{1'770'000'000'000'000}};

domain::subscription some_subscription() {
  domain::subscription made;
  made.settings.url = "https://receiver.example/hook";
  made.settings.circuit_breaker.min_calls = 2;
  made.settings.disable_after_failing = 120h;
  return made;
}

domain::attempt with_status(std::uint16_t status) {
  domain::attempt made;
  made.number = 1;
  made.status_code = status;
  return made;
}

struct world {
  domain::subscription subscription = some_subscription();
  actors::receiver_watch watch{[] { return domain::uuid{}; }};
  domain::timestamp now = start;

  world() { watch.use(subscription); }

  std::optional<actors::receiver_watch::finding> attempt(std::uint16_t status) {
    now = watch.next(now).value();
    return watch.ended(watch.take(now), with_status(status), subscription, now);
  }
};

}  // namespace

TEST_CASE("a receiver that does well, or fails now and then, gives nothing to store") {
  world in;
  in.subscription.settings.circuit_breaker.min_calls = 1000;
  in.watch.use(in.subscription);
  for (int i = 0; i < 100; ++i) {
    CHECK_FALSE(in.attempt(200));
    CHECK_FALSE(in.attempt(i % 2 == 0 ? 500 : 200));
  }
}

TEST_CASE("the opening of the breaker is stored and told, and so is its closing") {
  world in;
  in.attempt(500);
  const auto opened = in.attempt(503);
  REQUIRE(opened);
  REQUIRE(opened->health.breaker);
  CHECK(opened->health.failing_since == start);
  REQUIRE(opened->tells.size() == 1);
  CHECK(opened->tells[0].type == "subscription.breaker_opened");
  const auto closed = in.attempt(200);
  REQUIRE(closed);
  CHECK(closed->health == domain::subscription_health{});
  REQUIRE(closed->tells.size() == 1);
  CHECK(closed->tells[0].type == "subscription.recovered");
}

TEST_CASE("a breaker that opens again is stored, but not told again") {
  world in;
  in.attempt(500);
  in.attempt(500);
  in.attempt(500);
  in.attempt(500);
  const auto reopened = in.attempt(500);
  REQUIRE(reopened);
  CHECK(reopened->health.breaker->opened_at == start);
  CHECK(reopened->tells.empty());
}

TEST_CASE("a receiver that fails for five days is given up at the first attempt after them") {
  world in;
  while (in.now < start + 119h + 59min) {
    const auto found = in.attempt(500);
    CHECK_FALSE((found && found->given_up));
  }
  in.now = start + 120h;
  const auto found = in.attempt(500);
  REQUIRE(found);
  CHECK(found->given_up);
  REQUIRE(!found->tells.empty());
  CHECK(found->tells.back().type == "subscription.disabled");
}

TEST_CASE("one success within five days saves a receiver") {
  world in;
  in.attempt(500);
  in.now = start + 119h;
  in.attempt(200);
  in.now = start + 121h;
  const auto found = in.attempt(500);
  CHECK_FALSE((found && found->given_up));
}

TEST_CASE("what was stored goes on after a restart") {
  auto subscription = some_subscription();
  subscription.health.failing_since = start - 119h;
  subscription.health.breaker = {
      .opened_at = start - 119h, .next_probe_at = start + 10s, .reason = "it fails"};
  actors::receiver_watch watch{[] { return domain::uuid{}; }};
  watch.use(subscription);
  CHECK(watch.next(start) == start + 10s);
  const auto later = start + 1h;
  const auto found = watch.ended(watch.take(later), with_status(500), subscription, later);
  REQUIRE(found);
  CHECK(found->given_up);
}

TEST_CASE("a failure too short to be stored is stored before the watch ends, once") {
  world in;
  CHECK_FALSE(in.watch.take_unstored());
  CHECK_FALSE(in.attempt(500));
  const auto unstored = in.watch.take_unstored();
  REQUIRE(unstored);
  CHECK(unstored->health.failing_since == start);
  CHECK_FALSE(in.watch.take_unstored());
}

TEST_CASE("a receiver that was enabled again, or moved, is as good as new") {
  for (const bool moves : {false, true}) {
    CAPTURE(moves);
    world in;
    in.attempt(500);
    in.attempt(500);
    REQUIRE(in.watch.state() == domain::breaker_state::open);
    if (moves) {
      in.subscription.settings.url = "https://elsewhere.example/hook";
    } else {
      in.subscription.disabled = domain::disabled_reason::failing;
      in.watch.use(in.subscription);
      CHECK(in.watch.state() == domain::breaker_state::open);
      in.subscription.disabled = domain::disabled_reason::none;
    }
    in.watch.use(in.subscription);
    CHECK(in.watch.next(in.now) == in.now);
  }
}

TEST_CASE("other changes of the settings leave the breaker as it is") {
  world in;
  in.attempt(500);
  in.attempt(500);
  in.subscription.settings.description = "another one";
  in.watch.use(in.subscription);
  CHECK(in.watch.state() == domain::breaker_state::open);
}
