#include "tests/persistence/conformance.hpp"

#include <algorithm>
#include <atomic>
#include <set>
#include <thread>

// Of the store that several processes can share.
namespace talaria::persistence::test {

namespace {

/// Several nodes on one PostgreSQL; `members` are their sessions, which could be of as many
/// processes.
struct cluster_of_three {
  postgres_place place;
  test::world world{std::make_unique<shared_place<postgres_place>>(place)};
  std::unique_ptr<membership> session = world.store->open_membership();

  node_row join(std::string incarnation, std::string name) {
    node_row node{.incarnation = std::move(incarnation),
                  .name = std::move(name),
                  .address = "127.0.0.1:4242",
                  .version = "0.1.0",
                  .protocol_min = 1,
                  .protocol_max = 2,
                  .joined_at = world.now};
    expect(session->join(node));
    return node;
  }

  std::size_t owned_by(std::string_view incarnation) {
    const auto seen = expect(session->look());
    return static_cast<std::size_t>(
        std::ranges::count(seen.shards, incarnation, &cluster_view::holding::owner));
  }

  std::vector<std::string> names() {
    std::vector<std::string> found;
    for (const auto& node : expect(session->look()).nodes)
      found.push_back(node.incarnation);
    return found;
  }

  /// An outcome of a new event, as the owner under this epoch has it.
  outcome outcome_of(const domain::subscription& subscription, fencing_epoch epoch) {
    auto made =
        world.outcome(world.submit({subscription}), subscription, 1, delivery_status::delivered);
    made.epoch = epoch;
    return made;
  }
};

using names = std::vector<std::string>;

}  // namespace

TEST_CASE("PostgreSQL: a node that joins is seen by all, and frees what strangers owned") {
  cluster_of_three cluster;
  *cluster.place.connect() << "update shards set owner = 'stranger' where id < 10";
  *cluster.place.connect() << "insert into lanes(incarnation, lane) values('stranger', 1)";
  const auto node = cluster.join("i-1", "a");
  CHECK(cluster.owned_by("") == 10);
  CHECK(cluster.owned_by("node-1") == shard_count - 10);
  const auto seen = expect(cluster.session->look());
  REQUIRE(seen.nodes.size() == 2);
  const auto& shown = seen.nodes[0];
  CHECK(shown.incarnation == node.incarnation);
  CHECK(shown.name == node.name);
  CHECK(shown.address == node.address);
  CHECK(shown.version == node.version);
  CHECK(shown.protocol_min == 1);
  CHECK(shown.protocol_max == 2);
  CHECK(shown.status == node_status::up);
  CHECK(shown.joined_at == node.joined_at);
  CHECK(seen.shards.size() == shard_count);
  CHECK(seen.catalog_revision == cluster.world.catalog_revision());
}

TEST_CASE("PostgreSQL: of two processes of one name the later is the node") {
  cluster_of_three cluster;
  cluster.join("i-1", "a");
  cluster.join("i-2", "b");
  expect(cluster.session->claim("i-1", 10));
  cluster.join("i-3", "a");
  CHECK(cluster.names() == names{"i-3", "i-2", "node-1"});
  CHECK(cluster.owned_by("i-1") == 0);
  CHECK(expect(cluster.session->renew("i-1")) == node_status::dead);
  CHECK(expect(cluster.session->renew("i-3")) == node_status::up);
}

TEST_CASE("PostgreSQL: free shards are claimed once, each under a higher epoch") {
  cluster_of_three cluster;
  cluster.join("i-1", "a");
  cluster.join("i-2", "b");
  expect(cluster.session->leave("node-1"));
  const auto first = expect(cluster.session->claim("i-1", 4000));
  CHECK(first.size() == 4000);
  for (const auto& owned : first)
    CHECK(owned.epoch > cluster.world.shards.at(static_cast<std::size_t>(owned.shard)).epoch);
  CHECK(expect(cluster.session->claim("i-2", 4000)).size() == 96);
  CHECK(expect(cluster.session->claim("i-2", 4000)).empty());
  CHECK(cluster.owned_by("i-1") == 4000);
}

TEST_CASE("PostgreSQL: a node that drains or died claims nothing") {
  cluster_of_three cluster;
  cluster.join("i-1", "a");
  expect(cluster.session->leave("node-1"));
  expect(cluster.session->set_draining("a", true));
  CHECK(expect(cluster.session->renew("i-1")) == node_status::draining);
  CHECK(expect(cluster.session->claim("i-1", 1)).empty());
  expect(cluster.session->set_draining("a", false));
  CHECK(expect(cluster.session->claim("i-1", 1)).size() == 1);
  expect(cluster.session->leave("i-1"));
  CHECK(expect(cluster.session->claim("i-1", 1)).empty());
  CHECK(cluster.session->set_draining("a", true).error().code == ec::not_found);
}

TEST_CASE("PostgreSQL: only who has not renewed since it was seen is buried") {
  cluster_of_three cluster;
  cluster.join("i-1", "a");
  cluster.join("i-2", "b");
  expect(cluster.session->leave("node-1"));
  expect(cluster.session->claim("i-2", shard_count));
  const std::vector<sighting> seen{{"i-1", 0}, {"i-2", 0}};
  expect(cluster.session->renew("i-1"));
  CHECK(expect(cluster.session->bury(seen)) == names{"i-2"});
  CHECK(expect(cluster.session->bury(seen)).empty());
  CHECK(cluster.names() == names{"i-1"});
  CHECK(cluster.owned_by("") == shard_count);
}

TEST_CASE("PostgreSQL: nothing that a buried node writes is taken, on an old lane or a new one") {
  cluster_of_three cluster;
  auto& world = cluster.world;
  const auto subscription = world.subscribe();
  CHECK(world.record(cluster.outcome_of(subscription, world.shards.at(0).epoch)) ==
        record_status::recorded);
  const auto late = cluster.outcome_of(subscription, world.shards.at(0).epoch);
  expect(cluster.session->bury(std::vector<sighting>{{"node-1", 0}}));
  CHECK(world.record(late) == record_status::fenced);
  const auto another = world.store->open_outcome_recorder();
  CHECK(expect(another->record("node-1", std::span{&late, 1})).at(0) == record_status::fenced);
}

TEST_CASE("PostgreSQL: who released a shard writes for its others, and not for that one") {
  cluster_of_three cluster;
  auto& world = cluster.world;
  const auto given = world.subscribe();
  const auto kept = world.subscribe();
  const auto epoch = world.shards.at(0).epoch;
  CHECK(world.record(cluster.outcome_of(kept, epoch)) == record_status::recorded);
  const std::vector shards{shard_of(given.id)};
  expect(cluster.session->release("node-1", shards));
  CHECK(world.record(cluster.outcome_of(kept, epoch)) == record_status::recorded);
  CHECK(world.record(cluster.outcome_of(given, epoch)) == record_status::fenced);
  // Also if it gets the shard back: under another epoch.
  CHECK(expect(cluster.session->claim("node-1", 1)).size() == 1);
  CHECK(world.record(cluster.outcome_of(given, epoch)) == record_status::fenced);
}

TEST_CASE("PostgreSQL: what a node keeps is written however often it releases other shards") {
  cluster_of_three cluster;
  auto& world = cluster.world;
  const auto subscription = world.subscribe();
  const auto epoch = world.shards.at(0).epoch;
  std::atomic<bool> ended{false};
  const auto others = world.store->open_membership();
  std::thread releasing{[&] {
    while (!ended)
      expect(others->release("node-1", {}));
  }};
  int fenced = 0;
  for (int i = 0; i < 200; ++i)
    fenced += world.record(cluster.outcome_of(subscription, epoch)) == record_status::fenced;
  ended = true;
  releasing.join();
  CHECK(fenced == 0);
}

TEST_CASE("PostgreSQL: a write that began before its shard was released does not pass after it") {
  cluster_of_three cluster;
  auto& world = cluster.world;
  const auto subscription = world.subscribe();
  CHECK(world.record(cluster.outcome_of(subscription, world.shards.at(0).epoch)) ==
        record_status::recorded);
  const auto late = cluster.outcome_of(subscription, world.shards.at(0).epoch);
  // As a release does it, stopped before its end: the recorder waits for the lane, having seen the
  // shard as its own.
  auto release = cluster.place.connect();
  *release << "begin";
  *release << "update lanes set version = version + 1 where incarnation = 'node-1'";
  std::thread recording{[&] { CHECK(world.record(late) == record_status::fenced); }};
  auto asking = cluster.place.connect();
  for (int waiting = 0; waiting == 0; std::this_thread::yield())
    *asking << "select count(*) from pg_locks where not granted", soci::into(waiting);
  *release << "update shards set owner = '', epoch = epoch + 1";
  *release << "commit";
  recording.join();
}

TEST_CASE("PostgreSQL: how late each node is, by what is due of its shards") {
  cluster_of_three cluster;
  auto& world = cluster.world;
  CHECK(expect(cluster.session->lags(world.now)).empty());
  world.submit({world.subscribe()});
  const auto lags = expect(cluster.session->lags(world.now + 3s));
  REQUIRE(lags.size() == 1);
  CHECK(lags[0].incarnation == "node-1");
  CHECK(lags[0].oldest_due == 3s);
}

TEST_CASE("SQLite: the store of a file has one owner and no members") {
  test::world world{std::make_unique<sqlite_place>()};
  CHECK(world.store->open_membership() == nullptr);
}

}  // namespace talaria::persistence::test
