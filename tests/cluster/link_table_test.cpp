#include "cluster/link_table.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <memory>
#include <random>
#include <string>
#include <vector>

using namespace talaria::cluster;
using namespace std::chrono_literals;

namespace {

using time_point = link_table::time_point;

/// Two link tables and the wire between them, on a clock that the test moves.
struct two_ends {
  struct frame {
    std::size_t to;
    std::uint16_t protocol;
    std::string bytes;
  };

  struct wire_line final : line {
    wire_line(two_ends& wires, std::size_t end, std::string key)
        : wire(wires), to(end), name(std::move(key)) {}
    void send(std::uint16_t protocol, std::string bytes) override {
      wire.under_way.push_back({to, protocol, std::move(bytes)});
    }
    const std::string& key() const override { return name; }

    two_ends& wire;
    std::size_t to;
    std::string name;
  };

  explicit two_ends(std::array<link_settings, 2> settings) {
    for (std::size_t end = 0; end < 2; ++end) {
      tables.at(end) = std::make_unique<link_table>(settings.at(end));
      peers.at(end) = {settings.at(end).own.incarnation, settings.at(end).own.name, "host", 1};
    }
    for (std::size_t end = 0; end < 2; ++end)
      table(end).set_peers(peers_of(end), now);
  }
  two_ends() : two_ends({settings_of("a"), settings_of("b")}) {}
  two_ends(const two_ends&) = delete;
  two_ends& operator=(const two_ends&) = delete;

  static link_settings settings_of(const std::string& incarnation) {
    link_settings settings;
    settings.own = {.incarnation = incarnation, .name = "node " + incarnation};
    settings.secret = "the secret of these tests";
    settings.make_nonce = [random =
                               std::mt19937{static_cast<unsigned>(incarnation.front())}]() mutable {
      nonce made;
      for (auto& byte : made)
        byte = static_cast<std::uint8_t>(random());
      return made;
    };
    return settings;
  }

  link_table& table(std::size_t end) { return *tables.at(end); }
  std::vector<peer> peers_of(std::size_t end) const { return {peers.at(1 - end)}; }
  link_status status(std::size_t end) { return table(end).status().at(0); }
  bool are_up() { return status(0).state == link_state::up && status(1).state == link_state::up; }

  line_pointer line_to(std::size_t end) {
    return std::make_shared<wire_line>(*this, end, "line to " + std::to_string(end));
  }

  /// Dials that are due reach the other end at once.
  void dial() {
    for (std::size_t end = 0; end < 2; ++end) {
      for (const auto& dialed : table(end).begin_dials(now))
        table(end).dial_connected(dialed.incarnation, line_to(1 - end), now);
    }
  }

  void deliver(const frame& sent) {
    auto came = table(sent.to).take(
        sent.protocol, sent.bytes, [&] { return line_to(1 - sent.to); }, now);
    if (came && handles) {
      table(sent.to).handled(*came);
      arrived.push_back(*std::move(came));
    }
  }

  frame take_next() {
    auto next = std::move(under_way.front());
    under_way.pop_front();
    return next;
  }

  void run() {
    while (!under_way.empty()) {
      deliver(take_next());
      table(0).acknowledge();
      table(1).acknowledge();
    }
  }

  void pass(std::chrono::milliseconds time) {
    for (auto left = time; left > 0ms; left -= 50ms) {
      now += 50ms;
      table(0).tick(now);
      table(1).tick(now);
      dial();
      run();
    }
  }

  time_point now = time_point{} + 1h;
  std::array<peer, 2> peers;
  std::deque<frame> under_way;
  std::vector<link_table::arrived> arrived;
  bool handles = true;
  /// After what their lines lead to.
  std::array<std::unique_ptr<link_table>, 2> tables;
};

}  // namespace

TEST_CASE("one of two ends dials, and both are up when the hello is over") {
  two_ends ends;
  CHECK(ends.table(0).begin_dials(ends.now).size() == 1);
  CHECK(ends.table(1).begin_dials(ends.now).empty());
  ends.table(0).dial_connected("b", ends.line_to(1), ends.now);
  CHECK(ends.status(0).state == link_state::greeting);
  ends.run();
  CHECK(ends.are_up());
  CHECK(ends.table(0).strange_frames() == 0);
  CHECK(ends.table(1).strange_frames() == 0);
}

TEST_CASE("the end that is to be dialed dials by itself if nobody does for a while") {
  two_ends ends;
  REQUIRE(ends.table(0).begin_dials(ends.now).size() == 1);
  ends.now += 3s;
  CHECK(ends.table(1).begin_dials(ends.now).size() == 1);
  ends.table(1).dial_connected("a", ends.line_to(0), ends.now);
  ends.run();
  CHECK(ends.are_up());
}

TEST_CASE("two greetings that cross make one link") {
  two_ends ends;
  ends.now += 3s;
  REQUIRE(ends.table(0).begin_dials(ends.now).size() == 1);
  REQUIRE(ends.table(1).begin_dials(ends.now).size() == 1);
  ends.table(0).dial_connected("b", ends.line_to(1), ends.now);
  ends.table(1).dial_connected("a", ends.line_to(0), ends.now);
  ends.run();
  REQUIRE(ends.are_up());
  CHECK(ends.table(0).send("b", shards_moved{}, ends.now));
  CHECK(ends.table(1).send("a", shards_moved{}, ends.now));
  ends.run();
  CHECK(ends.arrived.size() == 2);
}

TEST_CASE("pauses between dials grow to their bound") {
  two_ends ends;
  std::vector<std::chrono::milliseconds> pauses;
  auto last = ends.now;
  while (pauses.size() < 8) {
    if (!ends.table(0).begin_dials(ends.now).empty()) {
      pauses.push_back(std::chrono::floor<std::chrono::milliseconds>(ends.now - last));
      last = ends.now;
      ends.table(0).dial_failed("b", "nobody there", ends.now);
      CHECK(ends.status(0).state == link_state::down);
      CHECK(ends.status(0).last_error == "nobody there");
    }
    ends.now += 50ms;
  }
  CHECK(pauses == std::vector<std::chrono::milliseconds>{0ms, 250ms, 500ms, 1'000ms, 2'000ms,
                                                         4'000ms, 5'000ms, 5'000ms});
}

TEST_CASE("a hello that is not answered ends, and another one is tried") {
  two_ends ends;
  ends.dial();
  ends.under_way.clear();
  ends.now += 4s;
  ends.table(0).tick(ends.now);
  CHECK(ends.status(0).state == link_state::down);
  ends.pass(1s);
  CHECK(ends.are_up());
}

TEST_CASE("nodes with different secrets, or no protocol in common, are refused at both ends") {
  const auto refused_for = [](const link_settings& other, const char* text) {
    two_ends ends{{two_ends::settings_of("a"), other}};
    ends.dial();
    ends.run();
    for (const std::size_t end : {0U, 1U}) {
      CHECK(ends.status(end).state == link_state::refused);
      CHECK(ends.status(end).last_error.find(text) != std::string::npos);
    }
    CHECK_FALSE(ends.table(0).send("b", shards_moved{}, ends.now));
    CHECK_FALSE(ends.table(1).send("a", shards_moved{}, ends.now));
  };
  auto other = two_ends::settings_of("b");
  other.secret = "another secret";
  refused_for(other, "another cluster.secret");
  other = two_ends::settings_of("b");
  other.own.protocols = {2, 2};
  refused_for(other, "no version of the protocol in common");
}

TEST_CASE("messages of a protocol that was not agreed on are not taken") {
  two_ends ends;
  ends.pass(50ms);
  REQUIRE(ends.table(0).send("b", shards_moved{}, ends.now));
  auto sent = ends.take_next();
  sent.protocol = 2;
  ends.deliver(sent);
  CHECK(ends.arrived.empty());
  CHECK(ends.table(1).strange_frames() == 1);
}

TEST_CASE("a message that comes twice is handled once") {
  two_ends ends;
  ends.pass(50ms);
  REQUIRE(ends.table(0).send("b", shards_moved{}, ends.now));
  const auto sent = ends.take_next();
  ends.deliver(sent);
  ends.deliver(sent);
  CHECK(ends.arrived.size() == 1);
  CHECK(ends.status(1).counts.frames_refused == 1);
}

TEST_CASE("a message of a kind that is not known is counted, and acknowledged as any other") {
  two_ends ends;
  ends.pass(50ms);
  REQUIRE(ends.table(0).send("b", shards_moved{}, ends.now));
  auto sent = ends.take_next();
  auto frame = std::get<carried>(*decode_frame(sent.bytes));
  frame.message = std::string("\xff\x00later", 7);
  sent.bytes = encode_frame(frame);
  ends.deliver(sent);
  CHECK(ends.arrived.empty());
  CHECK(ends.status(1).counts.frames_refused == 1);
  ends.table(1).acknowledge();
  ends.run();
  CHECK(ends.status(0).unacknowledged_messages == 0);
}

TEST_CASE(
    "a link whose line is lost is dialed again, and what is of the former session is dropped") {
  two_ends ends;
  ends.pass(50ms);
  REQUIRE(ends.table(0).send("b", shards_moved{}, ends.now));
  const auto former = ends.take_next();
  for (const std::size_t end : {0U, 1U}) {
    ends.table(end).line_lost("line to " + std::to_string(1 - end), "lost", ends.now);
    CHECK(ends.status(end).state == link_state::down);
    CHECK(ends.status(end).last_error == "lost");
  }
  ends.pass(500ms);
  REQUIRE(ends.are_up());
  CHECK(ends.status(0).unacknowledged_messages == 0);
  ends.deliver(former);
  CHECK(ends.arrived.empty());
  CHECK(ends.table(1).strange_frames() == 1);
  // It says so to who believes in that session, but it is not the one that is up.
  ends.run();
  CHECK(ends.are_up());
}

TEST_CASE("an end that has lost its session alone has the other greet it again") {
  two_ends ends;
  ends.pass(50ms);
  ends.table(1).line_lost("line to 0", "lost", ends.now);
  CHECK(ends.status(0).state == link_state::up);
  ends.table(0).send("b", shards_moved{}, ends.now);
  ends.run();
  CHECK(ends.status(0).state == link_state::down);
  ends.pass(500ms);
  CHECK(ends.are_up());
}

TEST_CASE("a session that is up goes on until a new one is proven") {
  two_ends ends;
  ends.pass(50ms);
  // Somebody greets in the name of the first, and cannot prove it.
  auto stranger = two_ends::settings_of("a");
  stranger.secret = "guessed";
  const dialer_hello hello{stranger.own, "b", stranger.secret, stranger.make_nonce()};
  ends.deliver({1, 0, encode_frame(hello.greet())});
  const auto answered = std::get<greeting_answered>(*decode_frame(ends.take_next().bytes));
  ends.deliver({1, 0, encode_frame(greeting_proven{.greeted = answered.challenge, .proven = {}})});
  CHECK(ends.are_up());
  CHECK(ends.table(0).send("b", shards_moved{}, ends.now));
  ends.run();
  CHECK(ends.arrived.size() == 1);
}

TEST_CASE(
    "an end whose gateway has ended loses all that led there, and greets anew with the next") {
  two_ends ends;
  ends.pass(50ms);
  REQUIRE(ends.are_up());
  std::vector<asked> outcomes;
  ends.table(0).ask(
      "b", "how are you", 1h, [&](asked given) { outcomes.push_back(given); }, ends.now);
  ends.table(0).gateway_lost("it has ended", ends.now);
  for (auto& ended : ends.table(0).take_ended())
    ended.tell();
  REQUIRE(outcomes.size() == 1);
  CHECK(outcomes[0].error() == question_failure::link_lost);
  CHECK(ends.status(0).state == link_state::down);
  CHECK(ends.status(0).last_error == "it has ended");
  CHECK_FALSE(ends.table(0).send("b", shards_moved{}, ends.now));
  ends.under_way.clear();

  // A dial that was under way will not be heard of any more.
  ends.now += 1s;
  CHECK(ends.table(0).begin_dials(ends.now).size() == 1);
  CHECK(ends.table(0).begin_dials(ends.now).empty());
  ends.table(0).gateway_lost("it has ended", ends.now);
  ends.table(1).line_lost("line to 0", "the connection was lost", ends.now);
  ends.pass(5s);
  CHECK(ends.are_up());
}

TEST_CASE("beyond the window messages are dropped, and questions fail at once") {
  two_ends ends;
  ends.pass(50ms);
  ends.handles = false;
  std::size_t sent = 0;
  while (ends.table(0).send("b", shards_moved{}, ends.now)) {
    ++sent;
    ends.run();
  }
  CHECK(sent == talaria::cluster::limits::unacknowledged_messages_max);
  CHECK(ends.status(0).counts.messages_dropped == 1);
  std::vector<asked> outcomes;
  ends.table(0).ask(
      "b", "?", 1s, [&](asked given) { outcomes.push_back(std::move(given)); }, ends.now);
  for (auto& one : ends.table(0).take_ended())
    one.tell();
  REQUIRE(outcomes.size() == 1);
  CHECK(outcomes.front().error() == question_failure::overloaded);
}

TEST_CASE("a question ends once: with its answer, by its time, with its link, or with the node") {
  two_ends ends;
  ends.pass(50ms);
  std::vector<std::string> outcomes;
  const auto ask = [&](const std::string& text) {
    ends.table(0).ask(
        "b", text, 10s,
        [&, text](asked given) {
          outcomes.push_back(text + ": " +
                             (given ? given->body : std::string{to_string(given.error())}));
        },
        ends.now);
  };
  const auto tell = [&] {
    for (auto& one : ends.table(0).take_ended())
      one.tell();
  };
  ask("answered");
  ask("late");
  ends.run();
  REQUIRE(ends.arrived.size() == 2);
  const auto first = std::get<question>(ends.arrived.at(0).message).id;
  const auto second = std::get<question>(ends.arrived.at(1).message).id;
  ends.table(1).send("a", answer{.id = first, .status = 200, .body = "yes"}, ends.now);
  ends.table(1).send("a", answer{.id = first, .status = 200, .body = "again"}, ends.now);
  ends.run();
  ends.now += 10s;
  ends.table(0).tick(ends.now);
  ends.table(1).send("a", answer{.id = second, .status = 200, .body = "too late"}, ends.now);
  ends.run();
  ask("lost");
  ends.table(0).line_lost("line to 1", "lost", ends.now);
  tell();
  ends.under_way.clear();
  ends.pass(5s);
  REQUIRE(ends.are_up());
  ask("stopped");
  ends.table(0).stop();
  tell();
  CHECK(outcomes == std::vector<std::string>{
                        "answered: yes", "late: the node did not answer in time",
                        "lost: the link to the node was lost", "stopped: this node is stopping"});
}

TEST_CASE("whatever is lost, doubled or delayed, links come up in the end and sessions are sound") {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    std::mt19937 dice{seed};
    const auto one_in = [&](unsigned times) { return dice() % times == 0; };
    two_ends ends;
    for (int step = 0; step < 400; ++step) {
      ends.now += std::chrono::milliseconds{dice() % 200};
      ends.table(0).tick(ends.now);
      ends.table(1).tick(ends.now);
      ends.dial();
      if (one_in(20))
        ends.table(dice() % 2).line_lost("line to " + std::to_string(dice() % 2), "lost", ends.now);
      ends.table(0).send("b", catalog_changed{step}, ends.now);
      ends.table(1).send("a", catalog_changed{step}, ends.now);
      while (!ends.under_way.empty() && !one_in(4)) {
        const auto next = ends.take_next();
        if (one_in(10))
          continue;
        if (one_in(10))
          ends.under_way.push_back(next);
        ends.deliver(next);
      }
      ends.table(0).acknowledge();
      ends.table(1).acknowledge();
    }
    // Nothing is lost from here on.
    ends.run();
    ends.pass(30s);
    REQUIRE(ends.are_up());
    ends.arrived.clear();
    ends.table(0).send("b", shards_moved{}, ends.now);
    ends.table(1).send("a", shards_moved{}, ends.now);
    ends.run();
    REQUIRE(ends.are_up());
    CHECK(ends.arrived.size() == 2);
    CHECK(ends.status(0).unacknowledged_messages == 0);
    CHECK(ends.status(1).unacknowledged_messages == 0);
  }
}
