#include "supervision/inspection.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

using namespace talaria;
using supervision::actor_order;
using supervision::actor_query;
using supervision::actor_state;
using supervision::directory;
using supervision::inspect;

namespace {
constexpr std::array<std::string_view, 2> breaker_texts{"closed", "open"};
constexpr std::array<supervision::gauge, 2> gauges{"waiting",
                                                   supervision::gauge{"breaker", breaker_texts}};
constexpr domain::timestamp start{std::chrono::seconds{1'700'000'000}};

std::vector<std::string> paths(const supervision::actor_page& page) {
  std::vector<std::string> found;
  for (const auto& actor : page.actors)
    found.push_back(actor.path);
  return found;
}
using names = std::vector<std::string>;

/// Ten actors "/0" to "/9"; the number is its restarts' and its gauge's, odd ones have an open
/// breaker and the label "odd".
void fill(directory& actors) {
  for (int i = 0; i < 10; ++i) {
    const auto card = actors.enter("/" + std::to_string(i), i < 5 ? "low" : "high", start, gauges);
    for (int starts = 0; starts <= i; ++starts)
      card->started(start);
    card->set_gauge(0, i);
    card->set_gauge(1, i % 2);
    card->set_labels({{"parity", i % 2 == 1 ? "odd" : "even"}});
  }
}
}  // namespace

TEST_CASE("actors are listed in the order of their paths, with their gauges") {
  directory actors;
  actors.enter("/b", "writer", start);
  const auto card = actors.enter("/a", "dispatcher", start, gauges);
  card->set_gauge(0, 7);
  card->set_gauge(1, 1);
  card->messages_handled = 3;
  const auto page = inspect(actors, {});
  REQUIRE(paths(page) == names{"/a", "/b"});
  CHECK(page.actors[0].kind == "dispatcher");
  CHECK(page.actors[0].details_json == R"({"waiting":7,"breaker":"open"})");
  CHECK(page.actors[0].messages_handled == 3);
  CHECK(page.actors[1].details_json == "{}");
}

TEST_CASE("an actor that enters again keeps the card of its former incarnation") {
  directory actors;
  const auto first = actors.enter("/a", "writer", start);
  first->started(start);
  first->failed("out of memory", start);
  const auto second = actors.enter("/a", "writer", start + std::chrono::seconds{1});
  second->started(start + std::chrono::seconds{1});
  CHECK(first == second);
  const auto seen = supervision::look_at(*second);
  CHECK(seen.life.restarts == 1);
  CHECK(seen.life.failures == 1);
  CHECK(seen.life.last_failure == "out of memory");
  CHECK(seen.life.last_failed_at == start);
  CHECK(seen.life.started_at == start + std::chrono::seconds{1});
}

TEST_CASE("an actor that left is not found") {
  directory actors;
  actors.enter("/a", "writer", start);
  actors.leave("/a", start);
  CHECK(actors.find("/a") == nullptr);
  CHECK(actors.size() == 0);
}

TEST_CASE("every state has its own text, by which it is found again") {
  for (std::size_t i = 0; i < supervision::actor_state_count; ++i) {
    const auto state = static_cast<actor_state>(i);
    CHECK(supervision::to_actor_state(to_string(state)) == state);
  }
  CHECK_FALSE(supervision::to_actor_state("asleep"));
}

TEST_CASE("actors are found by kind, state, label and the text of a gauge") {
  directory actors;
  fill(actors);
  actors.find("/3")->state = actor_state::quarantined;
  actor_query query;
  query.kind = "low";
  CHECK(paths(inspect(actors, query)) == names{"/0", "/1", "/2", "/3", "/4"});
  query.state = actor_state::quarantined;
  CHECK(paths(inspect(actors, query)) == names{"/3"});
  query = {};
  query.label = {"parity", "even"};
  query.gauge_text = {"breaker", "closed"};
  CHECK(paths(inspect(actors, query)) == names{"/0", "/2", "/4", "/6", "/8"});
  query.gauge_text = {"breaker", "open"};
  CHECK(inspect(actors, query).actors.empty());
}

TEST_CASE("actors are found by any part of their path, and what they counted is summed up") {
  directory actors;
  fill(actors);
  actors.enter("/deep/3", "other", start)->messages_handled = 5;
  actors.find("/3")->messages_handled = 7;
  actors.find("/4")->messages_handled = 9;
  actors.find("/3")->failed("it broke", start);
  actor_query query;
  query.path_part = "3";
  query.actors_max = 1;
  const auto page = inspect(actors, query);
  CHECK(paths(page) == names{"/3"});
  CHECK(page.total == 2);
  CHECK(page.messages_handled == 12);
  CHECK(page.failures == actors.find("/3")->failures() + actors.find("/deep/3")->failures());
  query.path_part = "/33";
  CHECK(inspect(actors, query).total == 0);
}

TEST_CASE("an order by a number has the highest first, and paths among equals") {
  directory actors;
  fill(actors);
  actor_query query;
  query.actors_max = 3;
  query.order = actor_order::restarts;
  CHECK(paths(inspect(actors, query)) == names{"/9", "/8", "/7"});
  query.order = actor_order::gauge;
  query.order_gauge = "breaker";
  CHECK(paths(inspect(actors, query)) == names{"/1", "/3", "/5"});
  actors.enter("/none", "other", start);
  query.order_gauge = "waiting";
  query.actors_max = 11;
  CHECK(paths(inspect(actors, query)).back() == "/none");
}

TEST_CASE("pages show every actor once, and counts are those of all that match") {
  directory actors;
  fill(actors);
  for (const auto order : {actor_order::path, actor_order::restarts, actor_order::mailbox}) {
    actor_query query;
    query.order = order;
    query.actors_max = 3;
    query.counted_gauge = "breaker";
    names seen;
    std::size_t pages = 0;
    do {
      const auto page = inspect(actors, query);
      CHECK(page.total == 10);
      CHECK(page.by_state.at(static_cast<std::size_t>(actor_state::running)) == 10);
      CHECK(page.by_gauge_text.at("open") == 5);
      for (const auto& path : paths(page))
        seen.push_back(path);
      query.after = page.next;
      ++pages;
    } while (query.after);
    CHECK(pages == 4);
    std::ranges::sort(seen);
    CHECK(seen == names{"/0", "/1", "/2", "/3", "/4", "/5", "/6", "/7", "/8", "/9"});
  }
}

TEST_CASE("a page that holds exactly what is left is the last") {
  directory actors;
  fill(actors);
  actor_query query;
  query.actors_max = 10;
  CHECK_FALSE(inspect(actors, query).next);
  query.actors_max = 9;
  CHECK(inspect(actors, query).next);
}

TEST_CASE("the log of lives forgets the oldest, and says so to those who missed them") {
  supervision::life_log log{3};
  for (int i = 1; i <= 4; ++i)
    log.write({.change = supervision::life_change::born,
               .at = start,
               .path = "/" + std::to_string(i),
               .kind = "worker"});
  const auto all = log.after(0, 10);
  CHECK(all.incomplete);
  REQUIRE(all.events.size() == 3);
  CHECK(all.events.front().path == "/2");
  CHECK_FALSE(log.after(1, 10).incomplete);
  CHECK(log.after(1, 2).events.back().path == "/3");
  CHECK(log.after(4, 10).events.empty());
  CHECK(log.last_sequence() == 4);
}
