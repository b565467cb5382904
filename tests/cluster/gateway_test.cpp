#include "supervision/kill_actors.hpp"
#include "tests/cluster/node.hpp"

#include <doctest/doctest.h>

#include <future>
#include <memory>
#include <string>

using namespace talaria;
using namespace talaria::cluster;
using namespace std::chrono_literals;
using supervision::actor_state;
using test::loopback;
using test::node;
using test::wait_until;

namespace {

constexpr auto long_enough = 60s;

/// Two nodes that are linked, both of which have their gateways kept alive. The first one dials.
struct linked_nodes {
  explicit linked_nodes(std::size_t restarts_max = 5) {
    one.supervise(restarts_max);
    other.supervise(restarts_max);
    test::introduce({&one, &other});
    REQUIRE(wait_until([this] { return are_linked(); }));
  }

  bool are_linked() const { return one.is_up("b") && other.is_up("a"); }

  /// In both directions.
  bool messages_pass(std::int64_t revision) {
    const auto passes = [&](node& from, node& to) {
      from.links().send(to.incarnation(), catalog_changed{revision});
      return to.got(catalog_changed{revision});
    };
    return wait_until([&] { return passes(one, other); }) &&
           wait_until([&] { return passes(other, one); });
  }

  node one{loopback("a")};
  node other{loopback("b")};
};

bool runs_after(node& looked_at, std::uint64_t restarts) {
  return wait_until([&] {
    return looked_at.card().restarts() == restarts &&
           looked_at.card().state == actor_state::running;
  });
}

/// @returns once it has ended, the reason.
std::future<asked> ask_in_vain(node& asker, const std::string& whom) {
  auto outcome = std::make_shared<std::promise<asked>>();
  auto ended = outcome->get_future();
  asker.links().ask(whom, "silence", long_enough,
                    [outcome](asked given) { outcome->set_value(std::move(given)); });
  return ended;
}

}  // namespace

TEST_CASE("the gateway shows what it does, and its links as numbers") {
  linked_nodes nodes;
  auto& card = nodes.one.card();
  CHECK(card.kind == "cluster_gateway");
  CHECK(wait_until([&] {
    return card.details_json() ==
           R"({"links":1,"up":1,"unacknowledged_messages":0,"unacknowledged_bytes":0,)"
           R"("dropped":0,"strange_frames":0,"questions":0})";
  }));
  const auto handled = card.messages_handled.load();
  CHECK(wait_until([&] { return card.messages_handled > handled; }));
  auto silence = ask_in_vain(nodes.one, "b");
  CHECK(wait_until([&] { return card.details_json().ends_with(R"("questions":1})"); }));
  nodes.one.links().set_peers({});
  CHECK(silence.get().error() == question_failure::link_lost);
}

TEST_CASE("a gateway that dies is started anew at its port, and its links come back") {
  for (const bool dialer : {true, false}) {
    linked_nodes nodes;
    auto& dying = dialer ? nodes.one : nodes.other;
    const auto& peer = dialer ? nodes.other : nodes.one;
    for (std::uint64_t deaths = 1; deaths <= 2; ++deaths) {
      CAPTURE(dialer);
      CAPTURE(deaths);
      auto silence = ask_in_vain(dying, peer.incarnation());
      if (deaths == 1)
        supervision::kill_actor(dying.card().handle());
      else
        dying.kill_gateway_at_next_message();
      REQUIRE(silence.wait_for(long_enough) == std::future_status::ready);
      CHECK(silence.get().error() == question_failure::link_lost);
      REQUIRE(runs_after(dying, deaths));
      CHECK(dying.card().failures() == deaths);
      REQUIRE(wait_until([&] { return nodes.are_linked(); }));
      CHECK(nodes.messages_pass(static_cast<std::int64_t>(deaths)));
    }
  }
}

TEST_CASE("a gateway that a person has restarted costs nothing of its budget") {
  linked_nodes nodes{0};
  REQUIRE(nodes.one.card().command(supervision::child_command::restart));
  REQUIRE(runs_after(nodes.one, 1));
  CHECK(nodes.one.card().failures() == 0);
  REQUIRE(wait_until([&] { return nodes.are_linked(); }));
  CHECK(nodes.messages_pass(1));
}

TEST_CASE("while its gateway is quarantined a node has no links, and questions fail at once") {
  linked_nodes nodes{0};
  supervision::kill_actor(nodes.one.card().handle());
  REQUIRE(wait_until([&] { return nodes.one.card().state == actor_state::quarantined; }));
  REQUIRE(wait_until([&] { return nodes.one.link_to("b").state == link_state::down; }));
  CHECK(nodes.one.link_to("b").last_error.find("gateway") != std::string::npos);
  CHECK_FALSE(nodes.one.links().send("b", shards_moved{}));
  auto refused = ask_in_vain(nodes.one, "b");
  REQUIRE(refused.wait_for(0s) == std::future_status::ready);
  CHECK(refused.get().error() == question_failure::not_linked);
  CHECK(wait_until([&] { return !nodes.other.is_up("a"); }));

  REQUIRE(nodes.one.card().command(supervision::child_command::release));
  REQUIRE(wait_until([&] { return nodes.are_linked(); }));
  CHECK(nodes.messages_pass(1));
}

TEST_CASE("a gateway is asked for its restart by the very link that it keeps, and answers first") {
  linked_nodes nodes;
  REQUIRE(wait_until([&] { return nodes.are_linked(); }));
  auto outcome = std::make_shared<std::promise<asked>>();
  auto ended = outcome->get_future();
  nodes.one.links().ask("b", "restart", long_enough,
                        [outcome](asked given) { outcome->set_value(std::move(given)); });
  REQUIRE(ended.wait_for(long_enough) == std::future_status::ready);
  const auto given = ended.get();
  REQUIRE(given);
  CHECK(given->status == 202);
  REQUIRE(runs_after(nodes.other, 1));
  CHECK(wait_until([&] { return nodes.are_linked(); }));
}
