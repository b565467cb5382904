#include "console/top_view.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace talaria::console;
using namespace std::chrono_literals;
using key = key_press::name;

namespace {

constexpr top_model::time start{1h};

constexpr auto page = R"({"data":[
  {"path":"/ingest/subscription-1","state":"running","uptime_ms":61000,"failures":2,
   "messages_handled":100,"mailbox_depth":3,"details":{"pending":4,"breaker":"open"}},
  {"path":"/janitor","state":"quarantined","failures":5,"messages_handled":1}],
  "total":1234,"next_cursor":"n",
  "states":{"running":1230,"backing_off":0,"quarantined":4},
  "breakers":{"closed":2000,"open":100000}})";

top_model with_page() {
  top_model model;
  model.resize(18);
  model.take_answer(model.question(), std::string{page}, start);
  return model;
}

screen drawn(const top_model& model, std::size_t width = 100, std::size_t height = 24) {
  return draw(model, "http://host:8080", width, height);
}

bool shows(const screen& on, const std::string& text) {
  for (std::size_t row = 0; row < on.height(); ++row) {
    if (on.line(row).find(text) != std::string::npos)
      return true;
  }
  return false;
}

}  // namespace

TEST_CASE("what is put on a screen stays inside it") {
  screen on{5, 2};
  CHECK(on.put(0, 3, "abc") == 5);
  CHECK(on.line(0) == "   ab");
  on.put(2, 0, "x");
  on.fill(1, "y", style::bad);
  CHECK(on.line(1) == "y");
  CHECK(on.look_at(1, 4) == style::bad);
  CHECK(on.look_at(0, 0) == style::plain);
}

TEST_CASE("a row is made of spans of one style each") {
  screen on{6, 1};
  on.put(0, 0, "ab", style::strong);
  on.put(0, 2, "cd", style::bad);
  const auto spans = on.spans(0);
  REQUIRE(spans.size() == 3);
  CHECK(spans[0].text == "ab");
  CHECK(spans[1].column == 2);
  CHECK(spans[1].look == style::bad);
  CHECK(spans[2].text == "  ");
}

TEST_CASE("the header has the server, the counts of all that match, and what is wrong stands out") {
  const auto on = drawn(with_page());
  CHECK(on.line(0) == "talaria top  http://host:8080  1234 actors");
  CHECK(on.line(1) == "states    1230 running  0 backing_off  4 quarantined");
  CHECK(on.look_at(1, 10) == style::plain);
  CHECK(on.look_at(1, 24) == style::faint);
  CHECK(on.look_at(1, 39) == style::bad);
  CHECK(on.line(2) == "breakers  2000 closed  100K open");
  CHECK(on.line(3) == "rates     - messages/s  7 failures");
}

TEST_CASE("the selected actor and those in trouble stand out") {
  auto model = with_page();
  auto on = drawn(model);
  CHECK(on.line(4).starts_with("PATH "));
  CHECK(on.look_at(4, 99) == style::heading);
  CHECK(on.line(5).starts_with("/ingest/subscription-1 "));
  CHECK(on.look_at(5, 0) == style::selected);
  CHECK(on.look_at(6, 0) == style::bad);
  model.press({key::down});
  on = drawn(model);
  CHECK(on.look_at(5, 0) == style::bad);
  CHECK(on.look_at(6, 99) == style::selected);
}

TEST_CASE("rates appear with the second look") {
  auto model = with_page();
  auto later = std::string{page};
  later.replace(later.find("100,"), 4, "350,");
  model.take_answer(model.question(), later, start + 2s);
  const auto on = drawn(model);
  CHECK(on.line(3).starts_with("rates     125 messages/s"));
  CHECK(on.line(5).find(" 125 ") != std::string::npos);
}

TEST_CASE("the table has the rows that the header and the status line leave") {
  CHECK(table_rows(24) == 18);
  CHECK(table_rows(7) == 1);
  CHECK(table_rows(6) == 1);
  CHECK(table_rows(0) == 1);
}

TEST_CASE("any size of a terminal can be drawn on") {
  auto model = with_page();
  for (const auto* keys : {"", "h", "x/abc", "\n", "r"}) {
    for (const char pressed : std::string_view{keys})
      model.press(pressed == '\n' ? key_press{key::enter} : key_press{key::character, pressed});
    for (std::size_t size = 0; size < 30; ++size) {
      CHECK(drawn(model, size, 24).width() == size);
      CHECK(drawn(model, 80, size).height() == size);
    }
    model.press({key::escape});
  }
}

TEST_CASE("the last line says what is sorted and filtered by") {
  auto model = with_page();
  CHECK(drawn(model).line(23) == "sort: path  |  h: help  Q: quit");
  for (const char pressed : std::string_view{"sbq/x"})
    model.press({key::character, pressed});
  CHECK(drawn(model).line(23) == "/x_");
  model.press({key::enter});
  CHECK(drawn(model).line(23).starts_with(
      "sort: mailbox  filter: x  breaker: open  state: quarantined"));
}

TEST_CASE("the last line says that the server does not answer, beside the last page") {
  auto model = with_page();
  using talaria::domain::ec;
  using talaria::domain::fail;
  model.take_answer(model.question(), fail(ec::store_unavailable, "refused"), start);
  model.take_answer(model.question(), fail(ec::store_unavailable, "refused"), start + 65s);
  const auto on = drawn(model);
  CHECK(on.line(23) == "no answer for 1m05s, trying on: refused");
  CHECK(on.look_at(23, 0) == style::bad);
  CHECK(shows(on, "/janitor"));
}

TEST_CASE("one actor is shown with everything, and what happens to it") {
  auto model = with_page();
  model.press({key::enter});
  model.take_event({"failed", "/ingest/subscription-1", "12:00", "poisoned"});
  auto on = drawn(model);
  CHECK(on.line(0) == "/ingest/subscription-1");
  CHECK(shows(on, "breaker            open"));
  CHECK(shows(on, "12:00  failed       poisoned"));
  CHECK(on.line(23).starts_with("escape: back"));
  model.take_stream_state("lost");
  CHECK(shows(drawn(model), "what happens is not known: lost"));
  model.press({key::down});
  on = drawn(model);
  CHECK(on.line(1).starts_with("state "));
  for (int presses = 0; presses < 100; ++presses)
    model.press({key::page_down});
  CHECK(drawn(model).line(1) == "12:00  failed       poisoned");
}

TEST_CASE("a confirmation names what is to be done, and to whom") {
  auto model = with_page();
  model.press({key::character, 'r'});
  CHECK(drawn(model).line(23) == "restart /ingest/subscription-1? y: yes, any other key: no");
  model.press({key::character, 'n'});
  model.take_action_answer({"POST", "/x/release"}, std::string{});
  CHECK(drawn(model).line(23) == "release: asked for");
}

TEST_CASE("the help fits on the smallest usual screen") {
  auto model = with_page();
  model.press({key::character, 'h'});
  const auto on = drawn(model, 200, 24);
  CHECK(shows(on, "Any key leads back."));
  for (std::size_t row = 0; row < 24; ++row)
    CHECK(on.line(row).size() <= 80);
}

TEST_CASE("before the first answer it says that it asks") {
  CHECK(drawn(top_model{}).line(23) == "asking ...");
}
