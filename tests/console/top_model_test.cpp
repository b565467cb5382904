#include "console/top_model.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace talaria;
using namespace talaria::console;
using namespace std::chrono_literals;
using domain::ec;
using key = key_press::name;
using mode = enum top_model::mode;

namespace {

constexpr top_model::time start{1h};

void press(top_model& model, key name) {
  model.press({name});
}

void type(top_model& model, std::string_view text) {
  for (const char character : text)
    model.press({key::character, character});
}

std::string page_of(const std::vector<std::string>& paths, const std::string& next_cursor = {}) {
  std::string data;
  for (const auto& path : paths)
    data += fmt::format(R"({}{{"path":"{}","state":"running"}})", data.empty() ? "" : ",", path);
  const auto cursor = next_cursor.empty() ? "null" : '"' + next_cursor + '"';
  return fmt::format(R"({{"data":[{}],"total":9,"next_cursor":{}}})", data, cursor);
}

void answer(top_model& model, const std::string& body, top_model::time at = start) {
  model.take_answer(model.question(), body, at);
}

void refuse(top_model& model, ec code, top_model::time at = start) {
  model.take_answer(model.question(), domain::fail(code, "why"), at);
}

std::string selected_path(const top_model& model) {
  return model.page()->actors.at(model.selected()).path;
}

/// With a page of /a, /b and /c, and another one after it.
top_model with_page() {
  top_model model;
  model.resize(3);
  answer(model, page_of({"/a", "/b", "/c"}, "2"));
  return model;
}

}  // namespace

TEST_CASE("no more actors are asked for than the screen has room for") {
  top_model model;
  model.resize(17);
  CHECK(model.question() == "/api/v1/actors?limit=17");
  model.resize(0);
  CHECK(model.question() == "/api/v1/actors?limit=1");
  model.resize(actors_listed_max + 1);
  CHECK(model.question() == "/api/v1/actors?limit=1000");
}

TEST_CASE("sorting goes through every order and begins anew") {
  top_model model;
  model.resize(3);
  for (const auto* sort : {"mailbox", "pending", "restarts", "failures", "busy"}) {
    type(model, "s");
    CHECK(model.question() == fmt::format("/api/v1/actors?sort={}&limit=3", sort));
  }
  type(model, "s");
  CHECK(model.question() == "/api/v1/actors?limit=3");
}

TEST_CASE("open breakers and the quarantined are shown alone until the same key again") {
  top_model model;
  model.resize(3);
  type(model, "b");
  CHECK(model.question() == "/api/v1/actors?breaker=open&limit=3");
  type(model, "q");
  CHECK(model.question() == "/api/v1/actors?state=quarantined&breaker=open&limit=3");
  type(model, "bq");
  CHECK(model.question() == "/api/v1/actors?limit=3");
}

TEST_CASE("a filter is typed, corrected, and applied by enter") {
  auto model = with_page();
  type(model, "/qx");
  CHECK(model.mode() == mode::filter);
  press(model, key::backspace);
  type(model, "s");
  CHECK(model.typed() == "qs");
  CHECK(model.question() == "/api/v1/actors?limit=3");
  press(model, key::enter);
  CHECK(model.mode() == mode::table);
  CHECK(model.question() == "/api/v1/actors?path=qs&limit=3");
}

TEST_CASE("a filter by kind is the server's own") {
  auto model = with_page();
  type(model, "/kind=subscription");
  press(model, key::enter);
  CHECK(model.question() == "/api/v1/actors?kind=subscription&limit=3");
}

TEST_CASE("escape leaves a filter that is being typed, and then clears all of them") {
  auto model = with_page();
  type(model, "/one");
  press(model, key::enter);
  type(model, "/two");
  press(model, key::escape);
  CHECK(model.filter() == "one");
  type(model, "bq");
  press(model, key::escape);
  CHECK(model.question() == "/api/v1/actors?limit=3");
}

TEST_CASE("a filter ends at its bound") {
  auto model = with_page();
  type(model, "/" + std::string(top_model::filter_bytes_max, 'x'));
  CHECK(model.typed().size() == top_model::filter_bytes_max);
  type(model, "x");
  CHECK(model.typed().size() == top_model::filter_bytes_max);
}

TEST_CASE("the selection goes down to the next page, and up to the former one's end") {
  auto model = with_page();
  press(model, key::down);
  press(model, key::down);
  CHECK(selected_path(model) == "/c");
  press(model, key::down);
  CHECK(model.question() == "/api/v1/actors?limit=3&cursor=2");
  CHECK(model.page_number() == 2);
  answer(model, page_of({"/d"}));
  CHECK(selected_path(model) == "/d");
  press(model, key::down);
  CHECK(model.page_number() == 2);
  press(model, key::up);
  CHECK(model.question() == "/api/v1/actors?limit=3");
  answer(model, page_of({"/a", "/b", "/c"}, "2"));
  CHECK(selected_path(model) == "/c");
  press(model, key::up);
  press(model, key::up);
  press(model, key::up);
  CHECK(selected_path(model) == "/a");
}

TEST_CASE("a page that is not there yet is not passed over") {
  auto model = with_page();
  press(model, key::page_down);
  press(model, key::page_down);
  CHECK(model.page_number() == 2);
  answer(model, page_of({"/d"}, "3"));
  press(model, key::page_down);
  CHECK(model.question() == "/api/v1/actors?limit=3&cursor=3");
  press(model, key::home);
  CHECK(model.question() == "/api/v1/actors?limit=3");
}

TEST_CASE("a page that has become empty, and a cursor that is refused, lead to the first page") {
  auto model = with_page();
  press(model, key::page_down);
  answer(model, page_of({}));
  CHECK(model.page_number() == 1);
  answer(model, page_of({"/a"}, "2"));
  press(model, key::page_down);
  refuse(model, ec::invalid_value);
  CHECK(model.page_number() == 1);
}

TEST_CASE("another order or filter begins with the first page") {
  for (const auto* pressed : {"s", "b", "q"}) {
    auto model = with_page();
    press(model, key::page_down);
    type(model, pressed);
    CHECK(model.page_number() == 1);
    CHECK(model.question().find("cursor") == std::string::npos);
  }
}

TEST_CASE("the selection follows its actor, and stays on the page when that is gone") {
  auto model = with_page();
  press(model, key::down);
  answer(model, page_of({"/b", "/c", "/a"}));
  CHECK(selected_path(model) == "/b");
  press(model, key::down);
  press(model, key::down);
  answer(model, page_of({"/x", "/y"}));
  CHECK(selected_path(model) == "/y");
  answer(model, page_of({}));
  press(model, key::enter);
  CHECK(model.mode() == mode::table);
}

TEST_CASE("an answer to a question that is no longer asked is ignored") {
  auto model = with_page();
  const auto former = model.question();
  type(model, "s");
  model.take_answer(former, page_of({"/old"}), start);
  CHECK(selected_path(model) == "/a");
  CHECK(model.page()->actors.size() == 3);
}

TEST_CASE("enter looks at one actor alone, and escape goes back to the same place") {
  auto model = with_page();
  press(model, key::down);
  press(model, key::enter);
  CHECK(model.mode() == mode::actor);
  CHECK(model.question() == "/api/v1/actors/b");
  CHECK(model.followed() == "/b");
  answer(model, R"({"path":"/b","messages_handled":10})");
  answer(model, R"({"path":"/b","messages_handled":30})", start + 2s);
  CHECK(model.shown()->messages_handled == 30);
  CHECK(model.shown_rate()->messages_per_second == doctest::Approx(10));
  press(model, key::escape);
  CHECK(model.mode() == mode::table);
  CHECK(selected_path(model) == "/b");
  CHECK(model.followed().empty());
}

TEST_CASE("only events of the actor that is looked at are kept, a bounded number of them") {
  auto model = with_page();
  model.take_event({"born", "/a", "t", ""});
  press(model, key::enter);
  CHECK(model.events().empty());
  model.take_event({"failed", "/b", "t", ""});
  CHECK(model.events().empty());
  for (std::size_t count = 0; count < top_model::events_kept_max; ++count)
    model.take_event({"failed", "/a", "t", fmt::format("{}", count)});
  CHECK(model.events().size() == top_model::events_kept_max);
  CHECK(model.events().back().detail == "0");
  model.take_event({"restarted", "/a", "t", ""});
  CHECK(model.events().size() == top_model::events_kept_max);
  CHECK(model.events().front().what == "restarted");
  CHECK(model.events().back().detail == "1");
}

TEST_CASE("an action is taken only after a yes, and on the actor that was named") {
  auto model = with_page();
  type(model, "r");
  CHECK(model.mode() == mode::confirm);
  CHECK(model.confirmation().starts_with("restart /a?"));
  answer(model, page_of({"/b", "/c"}));
  type(model, "y");
  const auto wanted = model.take_action();
  REQUIRE(wanted);
  CHECK(wanted->method == "POST");
  CHECK(wanted->target == "/api/v1/actors/a/restart");
  CHECK_FALSE(model.take_action());
  CHECK(model.mode() == mode::table);
}

TEST_CASE("any other key than y means no") {
  for (const auto* no : {"n", "Y", "r", " "}) {
    auto model = with_page();
    type(model, "u");
    type(model, no);
    CHECK_FALSE(model.take_action());
    CHECK(model.mode() == mode::table);
  }
  auto model = with_page();
  type(model, "u");
  press(model, key::enter);
  CHECK_FALSE(model.take_action());
}

TEST_CASE("an actor that is looked at alone is released, and still looked at") {
  auto model = with_page();
  press(model, key::enter);
  type(model, "uy");
  CHECK(model.take_action()->target == "/api/v1/actors/a/release");
  CHECK(model.mode() == mode::actor);
}

TEST_CASE("without any actor there is nothing to act on") {
  top_model model;
  type(model, "r");
  CHECK(model.mode() == mode::table);
  press(model, key::enter);
  CHECK(model.mode() == mode::table);
}

TEST_CASE("what came of an action is said until the next key") {
  auto model = with_page();
  model.take_action_answer({"POST", "/api/v1/actors/a/restart"}, std::string{});
  CHECK(model.notice() == "restart: asked for");
  model.take_action_answer({"POST", "/api/v1/actors/a/release"}, domain::fail(ec::conflict, "no"));
  CHECK(model.notice() == "release: no");
  press(model, key::down);
  CHECK(model.notice().empty());
}

TEST_CASE("while the server does not answer, the last page stays, and it is said for how long") {
  auto model = with_page();
  refuse(model, ec::store_unavailable, start + 1s);
  refuse(model, ec::store_unavailable, start + 4s);
  CHECK(model.trouble() == "why");
  CHECK(model.troubled_for() == 3s);
  CHECK(model.page()->actors.size() == 3);
  answer(model, page_of({"/a"}), start + 5s);
  CHECK(model.trouble().empty());
  refuse(model, ec::store_unavailable, start + 9s);
  CHECK(model.troubled_for() == 0s);
}

TEST_CASE("what is no answer of Talaria's is trouble as well") {
  auto model = with_page();
  answer(model, "<html>");
  CHECK_FALSE(model.trouble().empty());
  CHECK(model.page()->actors.size() == 3);
}

TEST_CASE("help is left by any key, to where it was asked for") {
  auto model = with_page();
  press(model, key::enter);
  type(model, "h");
  CHECK(model.mode() == mode::help);
  type(model, "Q");
  CHECK(model.mode() == mode::actor);
  CHECK_FALSE(model.ended());
}

TEST_CASE("Q ends it, but is a letter in a filter") {
  auto model = with_page();
  type(model, "/Q");
  CHECK_FALSE(model.ended());
  press(model, key::escape);
  type(model, "Q");
  CHECK(model.ended());
}

TEST_CASE("the description of an actor is scrolled, not above its beginning") {
  auto model = with_page();
  press(model, key::enter);
  press(model, key::up);
  CHECK(model.scrolled() == 0);
  press(model, key::down);
  press(model, key::page_down);
  CHECK(model.scrolled() == 4);
  press(model, key::page_up);
  CHECK(model.scrolled() == 1);
  press(model, key::page_up);
  CHECK(model.scrolled() == 0);
}

TEST_CASE("the nodes of the cluster are one key away, and any key leads back") {
  auto model = with_page();
  type(model, "n");
  CHECK(model.mode() == mode::nodes);
  CHECK(model.question() == "/api/v1/cluster");
  answer(model, R"({"nodes":[{"name":"north","shards":4096}]})");
  REQUIRE(model.cluster());
  CHECK(model.cluster()->nodes.at(0).name == "north");
  answer(model, "[]");
  CHECK_FALSE(model.trouble().empty());
  press(model, key::escape);
  CHECK(model.mode() == mode::table);
  CHECK(model.question().starts_with("/api/v1/actors?"));
}

TEST_CASE("the actors of another node are a filter away") {
  auto model = with_page();
  type(model, "/node=south");
  press(model, key::enter);
  CHECK(model.question() == "/api/v1/actors?node=south&limit=3");
  answer(model, page_of({"/a"}));
  press(model, key::enter);
  CHECK(model.question() == "/api/v1/actors/a?node=south");
  // Of the actors that are here the stream tells, and one of them may have this path, too.
  CHECK(model.followed().empty());
  type(model, "r");
  CHECK(model.confirmation().starts_with("restart /a of node south?"));
  type(model, "y");
  const auto wanted = model.take_action();
  REQUIRE(wanted);
  CHECK(wanted->target == "/api/v1/actors/a/restart?node=south");
  model.take_action_answer(*wanted, std::string{});
  CHECK(model.notice() == "restart: asked for");
  press(model, key::escape);
  press(model, key::escape);
  CHECK(model.question() == "/api/v1/actors?limit=3");
}
