#include "cluster/links.hpp"

#include "cluster/envelope.hpp"
#include "cluster/limits.hpp"
#include "tests/cluster/node.hpp"

#include <caf/io/middleman.hpp>
#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <optional>
#include <string>

using namespace talaria;
using namespace talaria::cluster;
using namespace std::chrono_literals;
using test::loopback;
using test::node;
using test::wait_until;

namespace {

constexpr auto long_enough = 60s;

bool are_linked(const node& one, const node& other) {
  return one.is_up(other.incarnation()) && other.is_up(one.incarnation());
}

/// Waits for its end.
asked ask(node& asker, const std::string& whom, const std::string& text,
          std::chrono::milliseconds timeout = long_enough) {
  auto outcome = std::make_shared<std::promise<asked>>();
  auto ended = outcome->get_future();
  asker.links().ask(whom, text, timeout,
                    [outcome](asked given) { outcome->set_value(std::move(given)); });
  REQUIRE(ended.wait_for(long_enough) == std::future_status::ready);
  return ended.get();
}

}  // namespace

TEST_CASE("two nodes that know each other are linked, and take each other's messages") {
  node one{loopback("a")};
  node other{loopback("b")};
  CHECK(one.links().port() < 32'768);
  test::introduce({&one, &other});
  REQUIRE(wait_until([&] { return are_linked(one, other); }));
  CHECK(one.link_to("b").name == "node b");
  CHECK(one.link_to("b").last_error.empty());

  CHECK(one.links().send("b", catalog_changed{7}));
  CHECK(other.links().send("a", deliveries_due{{1, 2, 3}}));
  CHECK(wait_until([&] { return other.got(catalog_changed{7}); }));
  CHECK(wait_until([&] { return one.got(deliveries_due{{1, 2, 3}}); }));
  CHECK(other.messages().front().from == "a");

  CHECK(wait_until([&] { return one.link_to("b").unacknowledged_messages == 0; }));
  CHECK(one.link_to("b").round_trip > 0ns);
  CHECK(one.link_to("b").counts.messages_sent == 1);
  CHECK(other.link_to("a").counts.messages_received == 1);
}

TEST_CASE("three nodes are linked in pairs, and what one broadcasts reaches the others") {
  node one{loopback("a")};
  node second{loopback("b")};
  node third{loopback("c")};
  test::introduce({&one, &second, &third});
  REQUIRE(wait_until([&] {
    return are_linked(one, second) && are_linked(second, third) && are_linked(one, third);
  }));
  third.links().broadcast(shards_moved{});
  CHECK(wait_until([&] { return one.got(shards_moved{}) && second.got(shards_moved{}); }));
  CHECK_FALSE(third.got(shards_moved{}));
}

TEST_CASE("a question is answered, or fails once: late, without a link, or with nobody there") {
  node one{loopback("a")};
  node other{loopback("b")};
  CHECK(ask(one, "b", "anybody").error() == question_failure::unknown_peer);
  one.links().set_peers({other.as_peer()});
  CHECK(ask(one, "b", "anybody").error() == question_failure::not_linked);
  test::introduce({&one, &other});
  REQUIRE(wait_until([&] { return are_linked(one, other); }));

  const auto given = ask(one, "b", "how are you");
  REQUIRE(given);
  CHECK(given->status == 200);
  CHECK(given->body == "how are you!");
  CHECK(ask(one, "b", "silence", 1ms).error() == question_failure::timed_out);
  CHECK(ask(one, "b", std::string(cluster::limits::question_bytes_max + 1, 'x')).error() ==
        question_failure::too_large);

  one.links().stop();
  CHECK(ask(one, "b", "anybody").error() == question_failure::stopped);
  CHECK_FALSE(one.links().send("b", shards_moved{}));
}

TEST_CASE("a node that ends and another one in its place: what was asked fails, and they link") {
  node one{loopback("a")};
  auto other = std::make_unique<node>(loopback("b"));
  test::introduce({&one, other.get()});
  REQUIRE(wait_until([&] { return are_linked(one, *other); }));

  auto outcome = std::make_shared<std::promise<asked>>();
  auto ended = outcome->get_future();
  one.links().ask("b", "silence", long_enough,
                  [outcome](asked given) { outcome->set_value(std::move(given)); });
  other.reset();
  REQUIRE(ended.wait_for(long_enough) == std::future_status::ready);
  CHECK(ended.get().error() == question_failure::link_lost);
  CHECK(wait_until([&] { return one.link_to("b").state == link_state::down; }));
  CHECK_FALSE(one.links().send("b", shards_moved{}));

  for (const auto* incarnation : {"c", "0"}) {
    node next{loopback(incarnation)};
    test::introduce({&one, &next});
    CHECK(wait_until([&] { return are_linked(one, next); }));
    CHECK(one.links().status().size() == 1);
    CHECK(next.links().send("a", catalog_changed{9}));
    CHECK(wait_until([&] { return one.got(catalog_changed{9}); }));
  }
}

TEST_CASE("a node is not taken for one that listened at the same address before") {
  node one{loopback("a")};
  node other{loopback("b")};
  auto former = other.as_peer();
  former.incarnation = "b of yesterday";
  one.links().set_peers({former});
  other.links().set_peers({one.as_peer()});
  CHECK(wait_until([&] {
    return one.link_to(former.incarnation).last_error.find("another process") != std::string::npos;
  }));
  CHECK_FALSE(one.links().send(former.incarnation, shards_moved{}));
}

TEST_CASE("nodes with different secrets say so and are never linked") {
  node one{loopback("a")};
  auto with_another_secret = loopback("b");
  with_another_secret.secret = "the secret of other tests";
  node other{with_another_secret};
  test::introduce({&one, &other});
  const auto says_so = [](const node& shown, const std::string& whom) {
    return shown.link_to(whom).last_error.find("secret") != std::string::npos;
  };
  CHECK(wait_until([&] { return says_so(one, "b") && says_so(other, "a"); }));
  CHECK_FALSE(one.links().send("b", shards_moved{}));
  CHECK_FALSE(other.links().send("a", shards_moved{}));
  CHECK(one.messages().empty());
  CHECK(other.messages().empty());
}

TEST_CASE("a node that the other does not know waits until it does") {
  node one{loopback("a")};
  node other{loopback("b")};
  one.links().set_peers({other.as_peer()});
  CHECK(wait_until(
      [&] { return one.link_to("b").last_error.find("not known") != std::string::npos; }));
  other.links().set_peers({one.as_peer()});
  CHECK(wait_until([&] { return are_linked(one, other); }));
}

TEST_CASE("a node that is forgotten is linked no more, and again when it is named again") {
  node one{loopback("a")};
  node other{loopback("b")};
  test::introduce({&one, &other});
  REQUIRE(wait_until([&] { return are_linked(one, other); }));
  one.links().set_peers({});
  CHECK(one.links().status().empty());
  CHECK(wait_until([&] { return !other.is_up("a"); }));
  test::introduce({&one, &other});
  CHECK(wait_until([&] { return are_linked(one, other); }));
}

TEST_CASE("what an actor sends that has not said hello is dropped and counted") {
  node one{loopback("a")};
  caf::actor_system_config config;
  links::prepare(config, loopback("stranger"));
  caf::actor_system strangers{config};
  {
    const auto gateway = strangers.middleman().remote_actor("127.0.0.1", one.links().port());
    REQUIRE(gateway);
    caf::scoped_actor stranger{strangers};
    stranger->send(*gateway, envelope{.protocol = 1, .bytes = "nonsense"});
    stranger->send(
        *gateway,
        envelope{
            .protocol = 1,
            .bytes = encode_frame(carried{
                .session = 1, .sequence = 1, .message = *encode(peer_message{shards_moved{}})})});
    stranger->send(*gateway, envelope{.protocol = 1, .bytes = encode_frame(acknowledged{1, 1})});
    stranger->send(*gateway, std::string{"no envelope"});
    CHECK(wait_until([&] { return one.links().strange_frames() == 3; }));
    CHECK(one.messages().empty());
  }
  caf::logger::set_current_actor_system(nullptr);
}

TEST_CASE("a peer that handles nothing costs as much memory as its window, and comes back") {
  std::promise<void> let_go;
  const auto gone_on = let_go.get_future().share();
  auto sending = loopback("a");
  sending.credit = {.messages_max = 100, .bytes_max = 10'000};
  node one{sending};
  node stalled{loopback("b"), [gone_on](const peer_message&) { gone_on.wait(); }};
  test::introduce({&one, &stalled});
  REQUIRE(wait_until([&] { return are_linked(one, stalled); }));

  std::size_t sent = 0;
  while (one.links().send("b", deliveries_due{{1, 2, 3, 4}}))
    ++sent;
  CHECK(sent == 100);
  const auto held_up = one.link_to("b");
  CHECK(held_up.unacknowledged_messages == 100);
  CHECK(held_up.counts.messages_dropped == 1);
  CHECK(ask(one, "b", "anybody").error() == question_failure::overloaded);
  CHECK(one.is_up("b"));

  let_go.set_value();
  CHECK(wait_until([&] { return one.link_to("b").unacknowledged_messages == 0; }));
  CHECK(stalled.messages().size() == 100);
  CHECK(one.links().send("b", catalog_changed{1}));
  CHECK(wait_until([&] { return stalled.got(catalog_changed{1}); }));
}

TEST_CASE("the largest answer passes, and one that is larger becomes an error") {
  std::atomic<std::size_t> answer_bytes{cluster::limits::answer_bytes_max};
  node one{loopback("a")};
  struct configuration : caf::actor_system_config {
    explicit configuration(const node::options& wanted) { links::prepare(*this, wanted); }
  } config{loopback("b")};
  caf::actor_system system{config};
  auto other = links::start(system, loopback("b"),
                            {.on_message = [](const std::string&, const peer_message&) {},
                             .on_question =
                                 [&](const incoming_question& asked) {
                                   asked.respond(200, std::string(answer_bytes, 'x'));
                                 }});
  REQUIRE(other);
  const peer there{"b", "b", (*other)->host(), (*other)->port()};
  one.links().set_peers({there});
  (*other)->set_peers({one.as_peer()});
  REQUIRE(wait_until([&] { return one.is_up("b"); }));
  const auto largest = ask(one, "b", "tell me all");
  REQUIRE(largest);
  CHECK(largest->body.size() == answer_bytes);
  ++answer_bytes;
  CHECK(ask(one, "b", "tell me all")->status == 500);
}

TEST_CASE("an address that nobody can listen at is refused with the setting's name") {
  node one{loopback("a")};
  auto same = loopback("b");
  same.listen_port = one.links().port();
  struct configuration : caf::actor_system_config {
    explicit configuration(const node::options& wanted) { links::prepare(*this, wanted); }
  } config{same};
  caf::actor_system system{config};
  const auto started = links::start(system, same,
                                    {.on_message = [](const std::string&, const peer_message&) {},
                                     .on_question = [](const incoming_question&) {}});
  REQUIRE_FALSE(started);
  CHECK(started.error().field == "cluster.listen");
}
