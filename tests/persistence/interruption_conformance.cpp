#include "tests/persistence/conformance.hpp"

#include <optional>

namespace talaria::persistence::test {

namespace {

/// A world, and a second way into its store, which can be interrupted.
template <class Place>
struct interrupted_world {
  interrupted_world() : interrupted_world(std::make_unique<Place>()) {}

  explicit interrupted_world(std::unique_ptr<Place> place)
      : url{place->url()}, world{std::move(place)} {
    auto opened = open_store(
        {.url = url, .read_urls = {}, .interruption = [this](store_moment moment) -> result<void> {
           if (moment != interrupted_at)
             return {};
           return domain::fail(ec::store_unavailable, "interrupted");
         }});
    REQUIRE(opened);
    store = *std::move(opened);
  }

  std::optional<store_moment> interrupted_at;
  const std::string url;
  test::world world;
  std::unique_ptr<persistence::store> store;
};

}  // namespace

STORE_TEST_CASE("an interrupted call changes nothing, and the next one succeeds") {
  interrupted_world<place_type> interrupted;
  auto& world = interrupted.world;
  const std::vector<event_group> groups{{{world.event()}}};
  const auto revision = world.catalog_revision();
  const auto appender = interrupted.store->open_event_appender();
  interrupted.interrupted_at = store_moment::transaction;
  CHECK(code_of(appender->append(groups, revision)) == ec::store_unavailable);
  CHECK(world.events().empty());
  interrupted.interrupted_at.reset();
  CHECK(appender->append(groups, revision));
  CHECK(world.events().size() == 1);
}

STORE_TEST_CASE("every session is interrupted, and so is the probe") {
  interrupted_world<place_type> interrupted;
  auto& store = *interrupted.store;
  interrupted.interrupted_at = store_moment::transaction;
  const auto is_interrupted = [](const auto& answer) {
    return !answer && answer.error().detail == "interrupted";
  };
  CHECK(is_interrupted(store.open_outbox()->first(1)));
  CHECK(is_interrupted(store.open_queue_reader()->due_subscriptions({}, at(0), at(1))));
  CHECK(is_interrupted(store.open_shard_ownership()->claim_all("node-2")));
  CHECK(is_interrupted(store.open_catalog()->paused_queues()));
  CHECK(is_interrupted(store.open_tenants()->changes_since(0)));
  CHECK(is_interrupted(store.open_history()->queue_depths()));
  CHECK(is_interrupted(store.open_recoveries()->running()));
  CHECK(is_interrupted(store.open_upkeep()->purge_creations(at(0), 1)));
  CHECK(is_interrupted(store.probe()));
}

STORE_TEST_CASE("a claim that is interrupted in its middle raises no epoch") {
  interrupted_world<place_type> interrupted;
  const auto ownership = interrupted.store->open_shard_ownership();
  interrupted.interrupted_at = store_moment::shards_claimed;
  CHECK(code_of(ownership->claim_all("node-2")) == ec::store_unavailable);
  const auto before = interrupted.world.shards.at(0).epoch;
  const auto next = static_cast<fencing_epoch>(static_cast<std::int64_t>(before) + 1);
  CHECK(expect(interrupted.world.ownership->claim_all("node-3")).at(0).epoch == next);
}

}  // namespace talaria::persistence::test
