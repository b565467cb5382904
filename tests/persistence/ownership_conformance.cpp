#include "tests/persistence/conformance.hpp"

#include <algorithm>
#include <set>

namespace talaria::persistence::test {

STORE_TEST_CASE("claiming takes every shard once and raises every epoch") {
  auto world = make_world<place_type>();
  const auto again = expect(world.ownership->claim_all("node-2"));
  REQUIRE(again.size() == shard_count);
  std::set<shard_id> ids;
  for (std::size_t i = 0; i < again.size(); ++i) {
    ids.insert(again[i].shard);
    const auto before = std::find_if(world.shards.begin(), world.shards.end(),
                                     [&](auto& owned) { return owned.shard == again[i].shard; });
    REQUIRE(before != world.shards.end());
    CHECK(again[i].epoch > before->epoch);
  }
  CHECK(ids.size() == shard_count);
}

STORE_TEST_CASE("epochs go on rising after a restart") {
  auto world = make_world<place_type>();
  world.reopen();
  const auto again = expect(world.ownership->claim_all(world.node));
  CHECK(again.at(0).epoch > world.shards.at(0).epoch);
}

TEST_CASE("the shard of a subscription is FNV-1a over the bytes of its id, for ever") {
  const auto shard = [](std::string_view id) {
    return static_cast<int>(shard_of(domain::subscription_id{domain::parse_uuid(id).value()}));
  };
  CHECK(shard("00000000-0000-0000-0000-000000000000") == 1125);
  CHECK(shard("01890a5d-ac96-774b-bcce-b302099a8057") == 755);
}

STORE_TEST_CASE("a healthy store passes its probe, again and again") {
  auto world = make_world<place_type>();
  for (int i = 0; i < 3; ++i)
    CHECK(world.store->probe());
  world.submit({});
  CHECK(world.store->probe());
}

}  // namespace talaria::persistence::test
