#include "console/watcher.hpp"

#include "tests/support/scripted_receiver.hpp"

#include <doctest/doctest.h>
#include <poll.h>

#include "console/actor_query.hpp"
#include <deque>
#include <utility>

using namespace talaria;
using namespace talaria::console;
using namespace std::chrono_literals;
using test_support::answer;
using test_support::received_request;
using test_support::script;
using test_support::scripted_receiver;

namespace {

/// Longer than any test should take.
constexpr int patience_ms = 30'000;

class listener {
public:
  explicit listener(watcher& heard) : heard_(heard) {}

  /// Waits for news of a kind, passing over others.
  template <class Kind>
  Kind next() {
    for (;;) {
      while (!left_.empty()) {
        auto one = std::move(left_.front());
        left_.pop_front();
        if (auto* found = std::get_if<Kind>(&one))
          return std::move(*found);
      }
      pollfd readable{.fd = heard_.readable(), .events = POLLIN, .revents = 0};
      REQUIRE(poll(&readable, 1, patience_ms) == 1);
      for (auto& one : heard_.take())
        left_.push_back(std::move(one));
    }
  }

private:
  watcher& heard_;
  std::deque<news> left_;
};

server at(const scripted_receiver& receiver) {
  return {receiver.url(""), "a-key"};
}

}  // namespace

TEST_CASE("a question is asked again and again, with the key") {
  scripted_receiver receiver{answer(200, "here")};
  watcher watching{at(receiver), 1ms};
  listener heard{watching};
  watching.ask("/one");
  for (int looks = 0; looks < 3; ++looks) {
    const auto news = heard.next<answered>();
    CHECK(news.question == "/one");
    CHECK(news.body == "here");
  }
  CHECK(receiver.requests().at(2).header("authorization") == "Bearer a-key");
}

TEST_CASE("another question is asked at once, though the former has no answer") {
  scripted_receiver receiver{[](const received_request& request) {
    return request.target == "/slow" ? test_support::send("", script::ending::hang)
                                     : answer(200, "quick");
  }};
  watcher watching{at(receiver), 1h};
  listener heard{watching};
  watching.ask("/slow");
  REQUIRE(receiver.wait_for_requests(1));
  watching.ask("/quick");
  CHECK(heard.next<answered>().question == "/quick");
}

TEST_CASE("a request that is made once does not wait for a slow look, and brings on the next one") {
  scripted_receiver receiver{[](const received_request& request) {
    const bool slow = request.method == "GET" && request.on_connection == 0;
    return slow ? test_support::send("", script::ending::hang) : answer(409, R"({"detail":"no"})");
  }};
  watcher watching{at(receiver), 1h};
  listener heard{watching};
  watching.ask("/slow");
  REQUIRE(receiver.wait_for_requests(1));
  watching.act({"POST", "/do"});
  const auto news = heard.next<acted>();
  CHECK(news.done.target == "/do");
  REQUIRE_FALSE(news.body);
  CHECK(news.body.error().code == domain::ec::conflict);
  CHECK(news.body.error().detail == "no (HTTP 409)");
}

TEST_CASE("a server that is lost is asked again, and found when it is back") {
  scripted_receiver receiver{[](const received_request& request) {
    return request.connection < 2 ? test_support::send("", script::ending::reset)
                                  : answer(200, "back");
  }};
  watcher watching{at(receiver), 1ms};
  listener heard{watching};
  watching.ask("/one");
  CHECK_FALSE(heard.next<answered>().body);
  auto news = heard.next<answered>();
  while (!news.body)
    news = heard.next<answered>();
  CHECK(news.body == "back");
}

TEST_CASE("life events come as the stream brings them, and it is begun anew when it ends") {
  const std::string event = "event: born\ndata: {\"path\":\"/a\"}\n\n";
  scripted_receiver receiver{[&](const received_request&) {
    return test_support::send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + event,
                              script::ending::close);
  }};
  watcher watching{at(receiver), 1ms};
  listener heard{watching};
  watching.follow(true);
  CHECK(heard.next<life_event>().what == "born");
  CHECK(heard.next<life_event>().path == "/a");
  CHECK(receiver.requests().at(0).target == stream_target);
}

TEST_CASE("a stream that is refused is told of, and that it is back") {
  scripted_receiver receiver{[](const received_request& request) {
    return request.on_connection == 0
               ? answer(403, R"({"detail":"no"})")
               : test_support::send("HTTP/1.1 200 OK\r\n\r\n: hello\n", script::ending::hang);
  }};
  watcher watching{at(receiver), 1ms};
  listener heard{watching};
  watching.follow(true);
  CHECK(heard.next<stream_state>().trouble == "no (HTTP 403)");
  CHECK(heard.next<stream_state>().trouble.empty());
}

TEST_CASE("it ends although nothing is answered") {
  scripted_receiver receiver{test_support::send("", script::ending::hang)};
  {
    watcher watching{at(receiver), 1ms};
    watching.ask("/slow");
    watching.follow(true);
    REQUIRE(receiver.wait_for_requests(2));
  }
  CHECK(receiver.wait_for_closed_connections(2));
}

TEST_CASE("an answer that is too long is an error") {
  scripted_receiver receiver{test_support::send("HTTP/1.1 200 OK\r\n\r\n", script::ending::repeat,
                                                std::string(65'536, 'x'))};
  const auto body = call(at(receiver), {"GET", "/"});
  CHECK_FALSE(body);
}
