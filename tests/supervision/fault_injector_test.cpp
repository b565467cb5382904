#include "supervision/fault_injector.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <limits>
#include <thread>

using namespace std::chrono_literals;
using namespace talaria;
using namespace supervision;
namespace limits = fault_limits;
using domain::ec;

namespace {

const std::array points{
    fault_point{"work",
                "before work",
                {fault_action::throw_exception, fault_action::kill, fault_action::delay,
                 fault_action::hang, fault_action::fail, fault_action::exit},
                fault_aim::actor},
    fault_point{"send", "before a request", {fault_action::fail}, fault_aim::host},
    fault_point{"now", "at once", {fault_action::kill}, fault_aim::actor, true},
    fault_point{"store", "before a commit", {fault_action::fail, fault_action::delay}}};

/// An injector whose waits are over at once: they move its time on instead.
struct fixture {
  using time_point = fault_injector_options::time_point;

  time_point now{};
  std::uint64_t drawn = 7;
  int exits = 0;
  std::vector<std::string> actors;
  std::vector<std::string> killed;
  std::vector<std::pair<std::string, fault_news>> told;
  /// Runs in the middle of the next wait, which it ends early.
  std::function<void()> meanwhile;

  fault_injector injector{
      {.points = points,
       .now = [] { return domain::timestamp{1h}; },
       .random_bits = [this] { return drawn; },
       .exit_process = [this] { ++exits; },
       .kill_actors =
           [this](const auto& is_chosen) {
             for (const auto& path : actors) {
               if (is_chosen({.path = path, .kind = "worker", .host = {}}))
                 killed.push_back(path);
             }
           },
       .tell = [this](const fault& about, fault_news news) { told.emplace_back(about.id, news); },
       .steady_now = [this] { return now; },
       .wait =
           [this](std::condition_variable&, fault_injector_options::lock& lock, time_point until) {
             if (!meanwhile) {
               now = until;
               return;
             }
             lock.unlock();
             std::exchange(meanwhile, nullptr)();
             lock.lock();
           }}};

  fault add(fault_request wanted) {
    auto added = injector.add(std::move(wanted));
    REQUIRE(added);
    return *added;
  }
  std::string field_of(fault_request wanted, ec code = ec::invalid_value) {
    const auto added = injector.add(std::move(wanted));
    REQUIRE_FALSE(added);
    CHECK(added.error().code == code);
    return added.error().field;
  }
  bool reach_work() { return injector.reach("work", {.path = "/a", .kind = "worker", .host = {}}); }
};

fault_request at_work(fault_action action) {
  fault_request wanted{.point = "work", .action = action};
  if (action == fault_action::delay)
    wanted.delay = 10ms;
  return wanted;
}

}  // namespace

TEST_CASE("without a fault a point does nothing") {
  fixture f;
  CHECK_FALSE(f.reach_work());
  CHECK(f.injector.list().empty());
  CHECK(f.injector.fired_total() == 0);
}

TEST_CASE("a fault acts where it is meant to, and nowhere else") {
  fixture f;
  f.add(at_work(fault_action::fail));
  CHECK_FALSE(f.injector.reach("store"));
  CHECK(f.reach_work());
  CHECK(f.injector.list()[0].hits == 1);
  CHECK(f.injector.list()[0].fired == 1);
  CHECK(f.injector.fired_total() == 1);
}

TEST_CASE("throw and kill throw, and exit ends the process") {
  fixture f;
  const auto id = f.add(at_work(fault_action::throw_exception)).id;
  CHECK_THROWS_AS(f.reach_work(), injected_failure);
  CHECK(f.injector.remove(id));
  f.add(at_work(fault_action::kill));
  CHECK_THROWS_AS(f.reach_work(), injected_kill);
  f.injector.remove_all();
  f.add(at_work(fault_action::exit));
  CHECK_FALSE(f.reach_work());
  CHECK(f.exits == 1);
}

TEST_CASE("a fault with a path or a kind is for those actors alone") {
  fixture f;
  auto wanted = at_work(fault_action::fail);
  wanted.target.path = "/a";
  f.add(wanted);
  CHECK(f.injector.reach("work", {.path = "/a", .kind = "worker", .host = {}}));
  CHECK_FALSE(f.injector.reach("work", {.path = "/a/b", .kind = "worker", .host = {}}));
  CHECK_FALSE(f.injector.reach("work"));
  CHECK(f.injector.list()[0].hits == 1);
  f.injector.remove_all();
  wanted.target = {.path = {}, .kind = "worker", .host = {}};
  f.add(wanted);
  CHECK(f.injector.reach("work", {.path = "/b", .kind = "worker", .host = {}}));
  CHECK_FALSE(f.injector.reach("work", {.path = "/b", .kind = "other", .host = {}}));
}

TEST_CASE("a fault with a host is for all of its ports, or for the one that is named") {
  fixture f;
  const auto reaches = [&](const char* host) {
    return f.injector.reach("send", {.path = {}, .kind = {}, .host = host});
  };
  fault_request wanted{.point = "send", .action = fault_action::fail};
  wanted.target.host = "10.0.0.1";
  f.add(wanted);
  CHECK(reaches("10.0.0.1:80"));
  CHECK(reaches("10.0.0.1:81"));
  CHECK_FALSE(reaches("10.0.0.11:80"));
  f.injector.remove_all();
  wanted.target.host = "[::1]:80";
  f.add(wanted);
  CHECK(reaches("[::1]:80"));
  CHECK_FALSE(reaches("[::1]:81"));
}

TEST_CASE("a fault with a count acts so often and not once more") {
  fixture f;
  auto wanted = at_work(fault_action::fail);
  wanted.count = 2;
  f.add(wanted);
  CHECK(f.reach_work());
  CHECK(f.reach_work());
  CHECK_FALSE(f.reach_work());
  const auto shown = f.injector.list();
  REQUIRE(shown.size() == 1);
  CHECK(shown[0].fired == 2);
  CHECK(shown[0].hits == 2);
  CHECK(shown[0].is_spent());
}

TEST_CASE("of two faults the older one acts, until it is spent") {
  fixture f;
  auto wanted = at_work(fault_action::throw_exception);
  wanted.count = 1;
  f.add(wanted);
  f.add(at_work(fault_action::fail));
  CHECK_THROWS_AS(f.reach_work(), injected_failure);
  CHECK(f.injector.list()[1].hits == 0);
  CHECK(f.reach_work());
}

TEST_CASE("the same seed gives the same decisions, and another one others") {
  const auto decisions = [](std::optional<std::uint64_t> seed, std::uint64_t drawn = 0) {
    fixture f;
    f.drawn = drawn;
    auto wanted = at_work(fault_action::fail);
    wanted.probability = 0.3;
    wanted.seed = seed;
    f.add(wanted);
    std::vector<bool> made;
    for (int i = 0; i < 1000; ++i)
      made.push_back(f.reach_work());
    return made;
  };
  const auto first = decisions(1);
  CHECK(decisions(1) == first);
  CHECK(decisions(2) != first);
  CHECK(decisions(std::nullopt, 1) == first);
  const auto fired = std::ranges::count(first, true);
  CHECK(fired > 250);
  CHECK(fired < 350);
}

TEST_CASE("a fault of probability 0 is hit and never acts") {
  fixture f;
  auto wanted = at_work(fault_action::fail);
  wanted.probability = 0;
  f.add(wanted);
  for (int i = 0; i < 100; ++i)
    CHECK_FALSE(f.reach_work());
  CHECK(f.injector.list()[0].hits == 100);
  CHECK(f.injector.list()[0].fired == 0);
}

TEST_CASE("a seed that was drawn is shown, and fits into a JSON number") {
  fixture f;
  f.drawn = std::numeric_limits<std::uint64_t>::max();
  CHECK(f.add(at_work(fault_action::fail)).wanted.seed == limits::seed_max);
}

TEST_CASE("a delay holds up for its time") {
  fixture f;
  f.add(at_work(fault_action::delay));
  CHECK_FALSE(f.reach_work());
  CHECK(f.now == fixture::time_point{10ms});
}

TEST_CASE("a hang lasts until its fault expires") {
  fixture f;
  auto wanted = at_work(fault_action::hang);
  wanted.expires_after = 5s;
  f.add(wanted);
  f.now += 1s;
  CHECK_FALSE(f.reach_work());
  CHECK(f.now == fixture::time_point{5s});
  CHECK_FALSE(f.reach_work());
  CHECK(f.injector.list().empty());
}

TEST_CASE("a delay lasts no longer than its fault") {
  fixture f;
  auto wanted = at_work(fault_action::delay);
  wanted.delay = 5s;
  wanted.expires_after = 2s;
  f.add(wanted);
  CHECK_FALSE(f.reach_work());
  CHECK(f.now == fixture::time_point{2s});
}

TEST_CASE("a hang ends when its fault is removed, and goes on when another one is") {
  fixture f;
  const auto hanging = f.add(at_work(fault_action::hang)).id;
  const auto other = f.add(at_work(fault_action::fail)).id;
  bool other_removed = false;
  f.meanwhile = [&] {
    other_removed = f.injector.remove(other);
    f.meanwhile = [&] { CHECK(f.injector.remove(hanging)); };
  };
  CHECK_FALSE(f.reach_work());
  CHECK(other_removed);
  CHECK(f.now == fixture::time_point{});
}

TEST_CASE("what hangs goes on when the process stops, and no fault is added after that") {
  fixture f;
  f.add(at_work(fault_action::hang));
  f.meanwhile = [&] { f.injector.stop(); };
  CHECK_FALSE(f.reach_work());
  CHECK(f.now == fixture::time_point{});
  CHECK(f.field_of(at_work(fault_action::hang), ec::draining).empty());
  CHECK_FALSE(f.reach_work());
}

TEST_CASE("a thread that hangs is woken by the removal of its fault") {
  fault_injector injector{{.points = points,
                           .now = [] { return domain::timestamp{}; },
                           .random_bits = [] { return 1; },
                           .exit_process = [] {}}};
  auto wanted = at_work(fault_action::hang);
  wanted.expires_after = limits::expires_after_max;
  REQUIRE(injector.add(wanted));
  std::thread hanging{[&] { injector.reach("work"); }};
  while (injector.fired_total() == 0)
    std::this_thread::yield();
  injector.remove_all();
  hanging.join();
  CHECK(injector.active() == 0);
}

TEST_CASE("a fault expires, not before its time") {
  fixture f;
  auto wanted = at_work(fault_action::fail);
  wanted.expires_after = 1s;
  f.add(wanted);
  f.now += 999ms;
  CHECK(f.reach_work());
  f.now += 1ms;
  CHECK_FALSE(f.reach_work());
  CHECK(f.told.back() == std::pair{std::string{"fault-1"}, fault_news::expired});
  CHECK_FALSE(f.injector.remove("fault-1"));
}

TEST_CASE("a fault that was removed is gone, and cannot be removed again") {
  fixture f;
  const auto id = f.add(at_work(fault_action::fail)).id;
  CHECK(f.injector.remove(id));
  CHECK_FALSE(f.reach_work());
  CHECK_FALSE(f.injector.remove(id));
  CHECK(f.add(at_work(fault_action::fail)).id != id);
}

TEST_CASE("there are as many faults as may be, and not one more") {
  fixture f;
  for (std::size_t i = 0; i < limits::faults_max; ++i)
    f.add(at_work(fault_action::fail));
  f.field_of(at_work(fault_action::fail), ec::quota_exceeded);
  CHECK(f.injector.remove("fault-1"));
  f.add(at_work(fault_action::fail));
}

TEST_CASE("a fault that expired leaves its place to another") {
  fixture f;
  for (std::size_t i = 0; i < limits::faults_max; ++i)
    f.add(at_work(fault_action::fail));
  f.now += 1min;
  f.add(at_work(fault_action::fail));
  CHECK(f.injector.active() == 1);
}

TEST_CASE("what happens is told, what a fault does once a second at most") {
  fixture f;
  f.add(at_work(fault_action::fail));
  f.reach_work();
  f.reach_work();
  f.now += 999ms;
  f.reach_work();
  CHECK(f.told.size() == 2);
  f.now += 1ms;
  f.reach_work();
  f.injector.remove_all();
  const std::vector<std::pair<std::string, fault_news>> expected{{"fault-1", fault_news::added},
                                                                 {"fault-1", fault_news::fired},
                                                                 {"fault-1", fault_news::fired},
                                                                 {"fault-1", fault_news::removed}};
  CHECK(f.told == expected);
}

TEST_CASE("a fault at once kills those it is meant for, as many as it may, and is not kept") {
  fixture f;
  f.actors = {"/a", "/b", "/c"};
  fault_request wanted{.point = "now", .action = fault_action::kill};
  wanted.target.kind = "worker";
  wanted.count = 2;
  const auto added = f.add(wanted);
  CHECK(added.hits == 2);
  CHECK(added.fired == 2);
  CHECK(f.killed == std::vector<std::string>{"/a", "/b"});
  CHECK(f.injector.list().empty());
  CHECK(f.injector.fired_total() == 2);
  wanted.target.kind = "other";
  CHECK(f.add(wanted).hits == 0);
  wanted.target = {.path = "/c", .kind = {}, .host = {}};
  f.add(wanted);
  CHECK(f.killed.back() == "/c");
}

TEST_CASE("a fault at once kills with its probability, and the same ones for the same seed") {
  const auto kill = [](std::uint64_t seed) {
    fixture f;
    for (int i = 0; i < 100; ++i)
      f.actors.push_back("/" + std::to_string(i));
    fault_request wanted{.point = "now", .action = fault_action::kill};
    wanted.target.kind = "worker";
    wanted.probability = 0.5;
    wanted.seed = seed;
    f.add(wanted);
    return f.killed;
  };
  CHECK(kill(1) == kill(1));
  CHECK(kill(1) != kill(2));
  CHECK(kill(1).size() > 30);
  CHECK(kill(1).size() < 70);
}

TEST_CASE(
    "a fault is refused at a point that there is not, or with an action that it does not take") {
  fixture f;
  CHECK(f.field_of({.point = "nowhere", .action = fault_action::fail}) == "/point");
  CHECK(f.field_of({.point = "send", .action = fault_action::kill}) == "/action");
}

TEST_CASE("a fault is aimed only with what its point knows") {
  fixture f;
  const auto refused = [&](const char* point, fault_target target) {
    return f.field_of({.point = point, .action = fault_action::fail, .target = std::move(target)});
  };
  CHECK(refused("store", {.path = "/a", .kind = {}, .host = {}}) == "/target/path");
  CHECK(refused("store", {.path = {}, .kind = "a", .host = {}}) == "/target/kind");
  CHECK(refused("store", {.path = {}, .kind = {}, .host = "a"}) == "/target/host");
  CHECK(refused("send", {.path = "/a", .kind = {}, .host = {}}) == "/target/path");
  CHECK(refused("work", {.path = {}, .kind = {}, .host = "a"}) == "/target/host");
  CHECK(f.field_of({.point = "now", .action = fault_action::kill}, ec::missing_field) == "/target");
}

TEST_CASE("a delay has a time, and nothing else has one") {
  fixture f;
  CHECK(f.field_of({.point = "work", .action = fault_action::delay}, ec::missing_field) ==
        "/delay_ms");
  auto wanted = at_work(fault_action::fail);
  wanted.delay = 1ms;
  CHECK(f.field_of(wanted) == "/delay_ms");
}

TEST_CASE("the numbers of a fault have bounds") {
  fixture f;
  const auto check = [&](auto change, auto good, auto bad, const std::string& field) {
    auto wanted = at_work(fault_action::delay);
    change(wanted, good);
    CHECK(f.injector.add(wanted));
    change(wanted, bad);
    CHECK(f.field_of(wanted) == field);
  };
  const auto count = [](auto& wanted, std::uint64_t value) { wanted.count = value; };
  check(count, 1U, 0U, "/count");
  check(count, limits::count_max, limits::count_max + 1, "/count");
  const auto seed = [](auto& wanted, std::uint64_t value) { wanted.seed = value; };
  check(seed, limits::seed_max, limits::seed_max + 1, "/seed");
  const auto probability = [](auto& wanted, double value) { wanted.probability = value; };
  check(probability, 0.0, -0.001, "/probability");
  check(probability, 1.0, 1.001, "/probability");
  check(probability, 0.5, std::numeric_limits<double>::quiet_NaN(), "/probability");
  const auto delay = [](auto& wanted, auto value) { wanted.delay = value; };
  check(delay, 1ms, 0ms, "/delay_ms");
  check(delay, limits::delay_max, limits::delay_max + 1ms, "/delay_ms");
  const auto expiry = [](auto& wanted, auto value) { wanted.expires_after = value; };
  check(expiry, 1ms, 0ms, "/expires_after_ms");
  check(expiry, limits::expires_after_max, limits::expires_after_max + 1ms, "/expires_after_ms");
}

TEST_CASE("who must not block asks what a fault wants") {
  fixture f;
  auto wanted = at_work(fault_action::delay);
  wanted.count = 1;
  const auto id = f.add(wanted).id;
  const auto injected = f.injector.ask("work");
  REQUIRE(injected);
  CHECK(injected->id == id);
  CHECK(injected->action == fault_action::delay);
  CHECK(injected->until == fixture::time_point{10ms});
  CHECK(f.now == fixture::time_point{});
  CHECK_FALSE(f.injector.ask("work"));
}

TEST_CASE("the clock is shifted by what was asked for last") {
  fixture f;
  CHECK(f.injector.clock_offset() == 0ms);
  f.injector.shift_clock(-5s);
  CHECK(f.injector.clock_offset() == -5s);
}

TEST_CASE("the names of actions are read as they are written") {
  for (const auto action : {fault_action::throw_exception, fault_action::kill, fault_action::delay,
                            fault_action::hang, fault_action::fail, fault_action::exit})
    CHECK(parse_fault_action(to_string(action)) == action);
  CHECK(to_string(fault_action::throw_exception) == "throw");
  CHECK_FALSE(parse_fault_action("explode"));
}
