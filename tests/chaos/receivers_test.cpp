#include "chaos/receivers.hpp"

#include "posix/temporary_directory.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <doctest/doctest.h>

#include "chaos/http_client.hpp"
#include "chaos/payload.hpp"
#include <fstream>
#include <iterator>

using namespace talaria;
using namespace talaria::chaos;

namespace {

constexpr std::uint32_t payload_bytes = 100;

/// Two of them, and their ledger.
struct some_receivers {
  posix::temporary_directory directory;
  run_clock clock;
  receivers made{{.subscriptions = {{.name = "one"}, {.name = "two", .fail_rate = 1}},
                  .ledger = directory.path() / "ledger",
                  .seed = 1,
                  .payload_bytes = payload_bytes},
                 clock};

  http_answer deliver(std::size_t index, std::uint64_t number, const std::string& body) const {
    return send({.method = "POST",
                 .url = made.url(index),
                 .key = "",
                 .body = body,
                 .headers = {{"webhook-id", "event"},
                             {"webhook-attempt", "1"},
                             {"webhook-sequence", std::to_string(number)}},
                 .once = true});
  }
  http_answer deliver(std::size_t index, std::uint64_t number) const {
    return deliver(index, number, payload_of(number, payload_bytes));
  }

  std::vector<std::string> ledger_lines() const {
    std::ifstream file{directory.path() / "ledger"};
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);)
      lines.push_back(line);
    return lines;
  }
};

}  // namespace

TEST_CASE("a request is in the ledger once it is answered") {
  const some_receivers all;
  CHECK(all.deliver(0, 7).status == 204);
  const auto lines = all.ledger_lines();
  REQUIRE(lines.size() == 1);
  const auto line = boost::json::parse(lines[0]);
  CHECK(line.at("number") == 7);
  CHECK(line.at("subscription") == "one");
  CHECK(line.at("status") == 204);
  CHECK(line.at("sequence") == 7);
  const auto seen = all.made.seen();
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].event_id == "event");
  CHECK(seen[0].is_intact);
  CHECK(seen[0].is_plain);
}

TEST_CASE("a payload that was altered is noticed") {
  const some_receivers all;
  auto body = payload_of(7, payload_bytes);
  body[body.size() - 3] ^= 1;
  all.deliver(0, 7, body);
  CHECK_FALSE(all.made.seen()[0].is_intact);
}

TEST_CASE("a receiver fails at its rate") {
  const some_receivers all;
  CHECK(all.deliver(1, 7).status == 500);
  CHECK(all.made.seen()[0].status == 500);
}

TEST_CASE("a receiver behaves as it was told last") {
  some_receivers all;
  all.made.behave(0, manner::storm);
  CHECK(all.deliver(0, 1).status == 503);
  all.made.behave(0, manner::reset);
  CHECK(all.deliver(0, 2).status == 0);
  all.made.behave(0, manner::garbage);
  CHECK(all.deliver(0, 3).status == 0);
  all.made.behave(0, manner::truncate);
  CHECK(all.deliver(0, 4).status == 0);
  all.made.behave(0, manner::drip);
  CHECK(all.deliver(0, 5).body == "trickled");
  all.made.behave(0, manner::huge);
  CHECK(all.deliver(0, 6).body.size() == 4 * 1024 * 1024);
  all.made.behave(0, manner::plain);
  CHECK(all.deliver(0, 7).status == 204);
  const auto seen = all.made.seen();
  REQUIRE(seen.size() == 7);
  CHECK(seen[0].is_plain);
  CHECK_FALSE(seen[4].is_plain);
  CHECK(seen[4].status == 200);
  CHECK(seen[1].status == 0);
}

TEST_CASE("who waits at a stalled receiver is let go when it behaves again") {
  some_receivers all;
  all.made.behave(0, manner::stall);
  http_answer answer{.status = 1};
  std::thread waiting{[&] { answer = all.deliver(0, 1); }};
  while (all.made.seen().empty())
    std::this_thread::yield();
  all.made.behave(0, manner::plain);
  waiting.join();
  CHECK(answer.status == 0);
}

TEST_CASE("a request comes in pieces, or with others") {
  webhook_reader reader;
  std::vector<webhook> requests;
  const std::string one = "POST /a HTTP/1.1\r\nWebhook-Id: x\r\ncontent-length: 2\r\n\r\nhi";
  for (const char each : one)
    CHECK(reader.feed({&each, 1}, requests));
  CHECK(requests.size() == 1);
  CHECK(reader.feed(one + one, requests));
  REQUIRE(requests.size() == 3);
  CHECK(requests[2].event_id == "x");
  CHECK(requests[2].body == "hi");
  CHECK_FALSE(requests[2].sequence);
  CHECK_FALSE(reader.feed("POST /a HTTP/1.1\r\n\r\n", requests));
}

TEST_CASE("a payload has its number and about its size") {
  const auto payload = payload_of(41, 200);
  CHECK(payload.size() == 200);
  CHECK(number_in(payload) == 41);
  CHECK(boost::json::parse(payload).at("odd") == true);
  CHECK(payload != payload_of(42, 200));
  CHECK(boost::json::parse(payload_of(42, 0)).at("number") == 42);
  CHECK_FALSE(number_in("{}"));
}
