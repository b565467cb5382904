#include "supervision/directory.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string_view>

using namespace talaria;
using supervision::directory;

namespace {
constexpr std::array<std::string_view, 2> gauges{"in_flight", "waiting"};
constexpr domain::timestamp start{std::chrono::seconds{1'700'000'000}};
}  // namespace

TEST_CASE("a snapshot lists the actors in the order of their paths, with their gauges") {
  directory actors;
  actors.enter("/b", "writer", start);
  const auto card = actors.enter("/a", "dispatcher", start, gauges);
  card->set_gauge(1, 7);
  card->messages_handled = 3;
  const auto snapshots = actors.snapshot();
  REQUIRE(snapshots.size() == 2);
  CHECK(snapshots[0].path == "/a");
  CHECK(snapshots[0].kind == "dispatcher");
  CHECK(snapshots[0].details_json == R"({"in_flight":0,"waiting":7})");
  CHECK(snapshots[0].messages_handled == 3);
  CHECK(snapshots[1].details_json == "{}");
}

TEST_CASE("an actor that enters again keeps the card of its former incarnation") {
  directory actors;
  const auto first = actors.enter("/a", "writer", start);
  first->failed("out of memory");
  const auto second = actors.enter("/a", "writer", start + std::chrono::seconds{1});
  second->restarted(start + std::chrono::seconds{1});
  CHECK(first == second);
  const auto snapshot = actors.snapshot().front();
  CHECK(snapshot.restarts == 1);
  CHECK(snapshot.last_failure == "out of memory");
  CHECK(snapshot.started_at == start + std::chrono::seconds{1});
}

TEST_CASE("an actor that left is not found") {
  directory actors;
  actors.enter("/a", "writer", start);
  actors.leave("/a");
  CHECK(actors.find("/a") == nullptr);
  CHECK(actors.size() == 0);
}

TEST_CASE("every state has its own text") {
  using supervision::actor_state;
  CHECK(to_string(actor_state::running) == "running");
  CHECK(to_string(actor_state::restarting) == "restarting");
  CHECK(to_string(actor_state::backing_off) == "backing_off");
  CHECK(to_string(actor_state::quarantined) == "quarantined");
  CHECK(to_string(actor_state::stopping) == "stopping");
}
