#include "console/actor_table.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace talaria::console;
using namespace std::chrono_literals;

namespace {

actor example() {
  actor one;
  one.path = "/ingest/subscription-17";
  one.kind = "subscription";
  one.state = "quarantined";
  one.uptime = 62s;
  one.restarts = 4;
  one.failures = 5;
  one.messages_handled = 123'456;
  one.mailbox_depth = 7;
  one.details = {{"pending", "12"}, {"breaker", "half_open"}};
  return one;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a table with room for it shows every column below its heading") {
  const actor_table table{106, actor_table::looks::repeated};
  CHECK(table.heading() ==
        "PATH                      STATE       UPTIME MAILBOX PENDING HANDLED  MSG/S BUSY% FAILS "
        "RESTARTS BREAKER");
  CHECK(table.line(example(), actor_rate{12.34, 0.5}) ==
        "/ingest/subscription-17   quarantined  1m02s       7      12    123K   12.3  50.0     5 "
        "       4 half_open");
}

TEST_CASE("what is not known is a dash") {
  actor old;
  old.path = "/janitor";
  old.state = "running";
  const actor_table table{106, actor_table::looks::repeated};
  CHECK(table.line(old) ==
        "/janitor                  running          -       0       -       0      -     -     - "
        "       0 -");
}

TEST_CASE("whatever the width, lines fit into it, down to a path and a state") {
  for (std::size_t width = 32; width <= 200; ++width) {
    CAPTURE(width);
    const actor_table table{width, actor_table::looks::repeated};
    CHECK(table.heading().size() <= width);
    CHECK(table.line(example(), actor_rate{1, 1}).size() <= width);
    CHECK(contains(table.heading(), "STATE"));
  }
  CHECK(actor_table(32, actor_table::looks::repeated).heading() == "PATH                 STATE");
  CHECK(contains(actor_table(40, actor_table::looks::repeated).heading(), "MAILBOX"));
}

TEST_CASE("a path that is too long keeps its end") {
  const actor_table table{32, actor_table::looks::repeated};
  CHECK(table.line(example()) == "~est/subscription-17 quarantined");
}

TEST_CASE("a single look has no rates, and room for the longest path") {
  auto long_named = example();
  long_named.path = "/" + std::string(59, 'x');
  const auto width = actor_table::full_width({example(), long_named}, actor_table::looks::one);
  const actor_table table{width, actor_table::looks::one};
  CHECK_FALSE(contains(table.heading(), "MSG/S"));
  CHECK(contains(table.heading(), "HANDLED"));
  CHECK(contains(table.line(long_named), long_named.path + " "));
  CHECK(table.line(long_named).size() == width);
}

TEST_CASE("a description has a line for all that is known, the kind's own at the end") {
  auto shown = example();
  shown.last_failure = "poisoned";
  const auto lines = describe(shown, actor_rate{2, 0.01});
  const auto has = [&](const std::string& line) {
    return std::find(lines.begin(), lines.end(), line) != lines.end();
  };
  CHECK(has("path               /ingest/subscription-17"));
  CHECK(has("messages handled   123456"));
  CHECK(has("messages/s         2.0"));
  CHECK(has("busy %             1.0"));
  CHECK(has("last failure       poisoned"));
  CHECK(has("pending            12"));
  CHECK(lines.back() == "breaker            half_open");
  for (const auto& line : lines)
    CHECK_FALSE(line.starts_with("application"));
}
