#include "tests/actors/actor_fixture.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <future>

using namespace talaria;
using namespace talaria::test;
using namespace std::chrono_literals;
using persistence::shard_count;

namespace {

/// One node with its actors, in a cluster whose others are only written down.
struct shared_fixture {
  cluster::test::membership_tables tables;
  actor_fixture node{{}, nullptr, &tables};
  cluster::test::membership_model others{tables};

  /// Another node, which renews in time.
  void join(const std::string& name) { REQUIRE(others.join({.incarnation = name, .name = name})); }

  void give_all_to(const std::string& owner) {
    for (auto& holding : tables.shards) {
      holding.owner = owner;
      holding.epoch = persistence::fencing_epoch{2};
    }
  }

  void advance(std::chrono::milliseconds time) {
    for (std::chrono::milliseconds passed{0}; passed < time; passed += 500ms) {
      for (auto& [incarnation, each] : tables.nodes)
        each.renewals += incarnation == node.env.incarnation ? 0 : 1;
      node.simulated.advance(500ms, 50ms);
    }
  }

  std::size_t owned() const {
    return static_cast<std::size_t>(std::ranges::count(tables.shards, node.env.incarnation,
                                                       &persistence::cluster_view::holding::owner));
  }

  template <class Message>
  std::vector<std::pair<std::string, Message>> told() const {
    std::vector<std::pair<std::string, Message>> found;
    for (const auto& [to, message] : node.told) {
      if (const auto* wanted = std::get_if<Message>(&message))
        found.emplace_back(to, *wanted);
    }
    return found;
  }
};

}  // namespace

TEST_CASE("a node claims what is free, and then delivers") {
  shared_fixture f;
  f.advance(1s);
  CHECK(f.owned() == shard_count);
  f.node.subscribe();
  f.node.submit();
  REQUIRE(f.node.requests.size() == 1);
  f.node.answer_all(200);
  CHECK(f.node.failure.empty());
}

TEST_CASE("shards are given to a node that joins once their attempts have ended") {
  shared_fixture f;
  f.advance(1s);
  const auto subscription = f.node.subscribe();
  const auto submitted = f.node.submit();
  REQUIRE(f.node.requests.size() == 1);
  f.join("another");
  // All but what the attempt under way holds back; which shards are given is not said.
  REQUIRE(f.others.set_draining("node-1", true));
  f.advance(4s);
  CHECK(f.owned() == 1);
  CHECK(f.node.awake_subscriptions() == 1);
  f.node.answer_all(200);
  f.advance(1s);
  CHECK(f.owned() == 0);
  CHECK(f.node.delivery({submitted->events[0].id, subscription.number}).status ==
        domain::delivery_status::delivered);
  CHECK(f.node.awake_subscriptions() == 0);
  CHECK_FALSE(f.told<cluster::shards_moved>().empty());
}

TEST_CASE("an attempt that takes too long does not hold its shard back for ever") {
  shared_fixture f;
  f.advance(1s);
  f.node.subscribe();
  f.node.submit();
  REQUIRE(f.node.requests.size() == 1);
  REQUIRE(f.others.set_draining("node-1", true));
  f.advance(7s);
  CHECK(f.owned() == 0);
}

TEST_CASE("the owner of another shard is told what is due of it") {
  shared_fixture f;
  f.join("another");
  f.give_all_to("another");
  f.advance(1s);
  const auto subscription = f.node.subscribe();
  f.node.submit(3);
  f.advance(1s);
  CHECK(f.node.requests.empty());
  CHECK(f.node.awake_subscriptions() == 0);
  const auto hints = f.told<cluster::deliveries_due>();
  REQUIRE(hints.size() == 1);
  CHECK(hints[0].first == "another");
  CHECK(hints[0].second.subscriptions ==
        std::vector{std::int64_t{domain::to_integer(subscription.number)}});
}

TEST_CASE("a cancelled delivery is told to the node that may hold it") {
  shared_fixture f;
  f.join("another");
  f.give_all_to("another");
  f.advance(1s);
  const auto subscription = f.node.subscribe();
  const auto submitted = f.node.submit();
  f.node.gateway.delivery_cancelled({submitted->events[0].id, subscription.number});
  f.advance(500ms);
  const auto told = f.told<cluster::delivery_cancelled>();
  REQUIRE(told.size() == 1);
  CHECK(told[0].second.event == submitted->events[0].id);
}

TEST_CASE("what another node committed is found at once, also by a subscription that is busy") {
  shared_fixture f;
  f.advance(1s);
  const auto subscription = f.node.subscribe();
  f.node.submit();
  REQUIRE(f.node.requests.size() == 1);
  const auto unseen = f.node.commit_unannounced(subscription);
  caf::anon_send(f.node.env.addresses.ingest.get(),
                 actors::deliveries_committed_elsewhere{{subscription.number}});
  f.node.simulated.run();
  REQUIRE(f.node.requests.size() == 2);
  CHECK(f.node.requests[1].header("webhook-id") == to_string(unseen));
}

TEST_CASE("without its lease a node breaks off its attempts and makes none until it is renewed") {
  shared_fixture f;
  f.advance(1s);
  f.node.subscribe();
  f.node.submit();
  REQUIRE(f.node.requests.size() == 1);
  // The last renewal may be two seconds old.
  f.node.is_cut_off = true;
  f.advance(5s);
  CHECK(f.node.aborts == 0);
  f.advance(4s);
  CHECK(f.node.aborts == 1);
  f.node.requests[0].fail(domain::attempt_error::aborted);
  f.node.requests.clear();
  f.advance(30s);
  CHECK(f.node.requests.empty());
  f.node.is_cut_off = false;
  f.advance(3s);
  CHECK(f.node.requests.size() == 1);
  CHECK(f.node.aborts == 1);
}

TEST_CASE("what came while the lease had lapsed for a moment is delivered, whoever noticed") {
  shared_fixture f;
  f.advance(1s);
  f.node.subscribe();
  auto& shards = f.node.env.shards;
  shards.allow_attempts_until({});
  f.node.submit();
  CHECK(f.node.requests.empty());
  shards.allow_attempts_until(f.node.env.uptime() + 1h);
  f.advance(500ms);
  CHECK(f.node.requests.size() == 1);
  CHECK(f.node.aborts == 0);
}

TEST_CASE("a node that was buried ends its process") {
  shared_fixture f;
  f.advance(1s);
  f.tables.bury(f.node.env.incarnation);
  f.advance(3s);
  CHECK(f.node.failure.find("buried") != std::string::npos);
  f.node.subscribe();
  f.node.submit();
  CHECK(f.node.requests.empty());
}

TEST_CASE("a node that another one shadows for a shard drops it at the first refusal") {
  shared_fixture f;
  f.advance(1s);
  f.node.subscribe();
  f.node.submit();
  REQUIRE(f.node.requests.size() == 1);
  REQUIRE(f.node.store->open_shard_ownership()->claim_all("another"));
  f.join("another");
  f.give_all_to("another");
  f.node.answer_all(200);
  f.node.simulated.run();
  CHECK(f.node.awake_subscriptions() == 0);
  CHECK(f.node.env.shards.served_count() < shard_count);
  f.advance(1s);
  CHECK(f.node.env.shards.served_count() == 0);
}

TEST_CASE("a node that leaves gives everything away and is gone") {
  shared_fixture f;
  f.advance(1s);
  auto promise = std::make_shared<std::promise<void>>();
  const auto left = promise->get_future();
  caf::anon_send(f.node.env.addresses.member.get(), actors::leave_cluster{std::move(promise)});
  f.advance(1s);
  CHECK(left.wait_for(0s) == std::future_status::ready);
  CHECK(f.owned() == 0);
  CHECK(f.tables.nodes.at(f.node.env.incarnation).status == persistence::node_status::dead);
}

TEST_CASE("a change of the catalogue that nobody told of is found by looking") {
  shared_fixture f;
  f.advance(1s);
  const auto subscription = f.node.subscribe();
  // As a submission at another node would find it; here nobody has been told.
  f.tables.catalog_revision += 1;
  f.advance(1s);
  f.node.commit_unannounced(subscription);
  caf::anon_send(f.node.env.addresses.ingest.get(),
                 actors::deliveries_committed_elsewhere{{subscription.number}});
  f.node.simulated.run();
  CHECK(f.node.requests.size() == 1);
}

TEST_CASE("changes are told to all, and once a second what was asked for") {
  shared_fixture f;
  f.advance(2s);
  const auto before = f.told<cluster::usage>().size();
  CHECK(before >= 2);
  f.node.gateway.catalog_changed();
  f.node.simulated.run();
  CHECK(f.told<cluster::catalog_changed>().size() == 1);
}
