#include "chaos/schedule.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>

using namespace talaria::chaos;
using namespace std::chrono_literals;

namespace {

fault_rule weighted(fault_kind kind, duration_range lasts = {100ms, 900ms}) {
  return {.kind = kind, .at = std::nullopt, .weight = 1, .lasts = lasts, .settings = {}};
}

scenario mixed() {
  scenario made{.duration = 60s, .warm_up = 2s, .pause = {100ms, 500ms}};
  for (const auto kind : {fault_kind::process_kill, fault_kind::process_pause,
                          fault_kind::postgres_restart, fault_kind::receiver_hostile})
    made.faults.push_back(weighted(kind));
  made.faults.back().settings.how = "any";
  made.store = store_kind::postgresql;
  return made;
}

}  // namespace

TEST_CASE("the same seed gives the same schedule, another one another") {
  const auto scenario = mixed();
  CHECK(to_json_lines(draw_schedule(scenario, 7)) == to_json_lines(draw_schedule(scenario, 7)));
  CHECK(to_json_lines(draw_schedule(scenario, 7)) != to_json_lines(draw_schedule(scenario, 8)));
}

TEST_CASE("faults are in the order of time, after the warm-up, and over by the end") {
  const auto scenario = mixed();
  const auto schedule = draw_schedule(scenario, 7);
  CHECK(schedule.size() > 20);
  CHECK(std::ranges::is_sorted(schedule, {}, &planned_fault::at));
  for (const auto& fault : schedule) {
    CHECK(fault.at >= scenario.warm_up);
    CHECK(fault.at + fault.lasts <= scenario.duration);
    CHECK(fault.lasts >= 100ms);
    CHECK(fault.lasts <= 900ms);
  }
}

TEST_CASE("faults of a lane follow one another, with a pause") {
  const auto scenario = mixed();
  std::array<milliseconds, lane_count> free_at{};
  for (const auto& fault : draw_schedule(scenario, 7)) {
    auto& lane_free_at = free_at.at(static_cast<std::size_t>(lane_of(fault.kind)));
    CHECK(fault.at >= lane_free_at);
    lane_free_at = fault.at + fault.lasts + scenario.pause.min;
  }
}

TEST_CASE("a failover waits for what else befalls the store, and is nothing for SQLite") {
  using enum fault_kind;
  for (const auto kind :
       {disk_full, postgres_restart, postgres_terminate_backends, postgres_pause, postgres_slow})
    CHECK(lane_of(postgres_failover) == lane_of(kind));
  CHECK(needs_postgresql(postgres_failover));
  CHECK_FALSE(needs_cluster(postgres_failover));
}

TEST_CASE("every kind with a weight gets its turn") {
  const auto schedule = draw_schedule(mixed(), 7);
  for (const auto& rule : mixed().faults)
    CHECK(std::ranges::count(schedule, rule.kind, &planned_fault::kind) > 0);
}

TEST_CASE("what SQLite cannot have is left out, and the rest stays in its order") {
  auto scenario = mixed();
  scenario.store = store_kind::sqlite;
  const auto schedule = draw_schedule(scenario, 7);
  CHECK_FALSE(schedule.empty());
  CHECK(std::ranges::none_of(schedule,
                             [](const auto& fault) { return needs_postgresql(fault.kind); }));
  auto others = draw_schedule(mixed(), 7);
  std::erase_if(others, [](const auto& fault) { return needs_postgresql(fault.kind); });
  CHECK(to_json_lines(schedule) == to_json_lines(others));
}

TEST_CASE("a fault with a fixed time comes then, and may last beyond the end") {
  scenario scenario{.duration = 5s};
  scenario.faults.push_back({.kind = fault_kind::process_pause,
                             .at = 4s,
                             .weight = 0,
                             .lasts = {3s, 3s},
                             .settings = {}});
  const auto schedule = draw_schedule(scenario, 1);
  REQUIRE(schedule.size() == 1);
  CHECK(schedule[0].at == 4s);
  CHECK(schedule[0].lasts == 3s);
}

TEST_CASE("receivers that may be hostile in any manner are so in a drawn one") {
  for (const auto& fault : draw_schedule(mixed(), 7)) {
    if (fault.kind == fault_kind::receiver_hostile)
      CHECK(fault.settings.how != "any");
  }
}

TEST_CASE("upgrades to any program are there and back") {
  scenario scenario{.duration = 60s, .warm_up = 0s, .pause = {100ms, 500ms}};
  scenario.faults.push_back(weighted(fault_kind::node_upgrade));
  scenario.faults.back().settings.how = "any";
  std::map<std::string, int> times;
  for (const auto& fault : draw_schedule(scenario, 7))
    ++times[fault.settings.how];
  CHECK(times.size() == 2);
  CHECK(times["next"] > 0);
  CHECK(times["first"] > 0);
}

TEST_CASE("each node gets its turn, unless a fault says which") {
  auto scenario = mixed();
  scenario.nodes = 3;
  std::array<int, 3> turns{};
  for (const auto& fault : draw_schedule(scenario, 7))
    ++turns.at(fault.node);
  CHECK(std::ranges::count(turns, 0) == 0);
  for (auto& rule : scenario.faults)
    rule.settings.node = 2;
  for (const auto& fault : draw_schedule(scenario, 7))
    CHECK(fault.node == 1);
}

TEST_CASE("more nodes leave a schedule as it is") {
  auto scenario = mixed();
  auto alone = draw_schedule(scenario, 7);
  scenario.nodes = 3;
  auto all = draw_schedule(scenario, 7);
  for (auto& fault : all)
    fault.node = 0;
  CHECK(to_json_lines(alone) == to_json_lines(all));
}

TEST_CASE("a fault lasts for one of the times that it may, all of which come") {
  auto scenario = mixed();
  for (auto& rule : scenario.faults)
    rule.lasts_one_of = {30ms, 70ms};
  const auto schedule = draw_schedule(scenario, 7);
  CHECK(std::ranges::count(schedule, 30ms, &planned_fault::lasts) > 0);
  CHECK(std::ranges::count(schedule, 70ms, &planned_fault::lasts) > 0);
  CHECK(std::ranges::all_of(
      schedule, [](const auto& fault) { return fault.lasts == 30ms || fault.lasts == 70ms; }));
}
