#include "app/chaos.hpp"

#include "actors/fault_points.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <vector>

using namespace talaria;
using namespace std::chrono_literals;
using app::chaos;

namespace {

domain::timestamp noon() {
  return domain::timestamp{12h};
}

std::unique_ptr<chaos> start(const std::string& exit_at_point = {}) {
  app::configuration settings;
  settings.chaos_enabled = true;
  settings.chaos_exit_at_point = exit_at_point;
  return chaos::start(settings, noon);
}

}  // namespace

TEST_CASE("unless it is enabled there is nothing by which faults could be injected") {
  CHECK(chaos::start({}, noon) == nullptr);
  CHECK(start() != nullptr);
}

TEST_CASE("the point at which the process is to end has a fault from the start") {
  CHECK(start()->faults().list().empty());
  const auto faults = start("store.claim.middle")->faults().list();
  REQUIRE(faults.size() == 1);
  CHECK(faults[0].wanted.point == "store.claim.middle");
  CHECK(faults[0].wanted.action == supervision::fault_action::exit);
}

TEST_CASE("the shifted clock is the system's and what was asked for") {
  const auto started = start();
  CHECK(started->now() == noon());
  started->faults().shift_clock(-90min);
  CHECK(started->now() == noon() - 90min);
}

TEST_CASE("without actors that it knows, killing some at once kills none") {
  const auto started = start();
  const auto added = started->faults().add({.point = "actor.now",
                                            .action = supervision::fault_action::kill,
                                            .target = {.path = "/ingest", .kind = {}, .host = {}}});
  REQUIRE(added);
  CHECK(added->hits == 0);
}

TEST_CASE("every point has its own name, a description and an action") {
  std::set<std::string_view> names;
  for (const auto& point : actors::fault_points::all()) {
    CHECK(names.insert(point.name).second);
    CHECK(point.description.ends_with('.'));
    CHECK_FALSE(point.actions.empty());
  }
}

TEST_CASE("the documentation lists every point with its actions") {
  std::ifstream file{TALARIA_SOURCE_DIR "/docs/chaos.md"};
  const std::string document{std::istreambuf_iterator<char>{file}, {}};
  for (const auto& point : actors::fault_points::all()) {
    std::vector<std::string_view> actions;
    for (const auto action : point.actions)
      actions.push_back(to_string(action));
    CAPTURE(point.name);
    const auto row = document.find(fmt::format("\n| `{}` | ", point.name));
    REQUIRE(row != std::string::npos);
    const auto line = document.substr(row + 1, document.find('\n', row + 1) - row - 1);
    CHECK(line.find(fmt::format(" | {} | ", fmt::join(actions, ", "))) != std::string::npos);
  }
}
