#include "cluster/member.hpp"

#include <doctest/doctest.h>

using namespace talaria;
using namespace std::chrono_literals;
using cluster::member;
using persistence::cluster_view;

namespace {

constexpr cluster::terms terms;

/// Looks of node "a" at node "b", every half second unless a test says otherwise.
struct watch {
  member rules{"a", terms};
  cluster::uptime now = 100s;
  std::int64_t renewals_of_b = 7;

  void look() {
    rules.looked(now, cluster_view{.nodes = {{.incarnation = "a"},
                                             {.incarnation = "b", .renewals = renewals_of_b}},
                                   .shards = {},
                                   .catalog_revision = 0});
  }

  void look_for(cluster::uptime duration, cluster::uptime pause = 500ms) {
    for (const auto end = now + duration; now < end;) {
      now += pause;
      look();
    }
  }

  bool finds_b_dead() const { return !rules.still(now).empty(); }
};

}  // namespace

TEST_CASE("a node that was seen to stand still for the length of a lease is dead, not before") {
  watch watch;
  watch.look();
  watch.look_for(9'500ms);
  CHECK_FALSE(watch.finds_b_dead());
  watch.look_for(500ms);
  REQUIRE(watch.finds_b_dead());
  const auto found = watch.rules.still(watch.now);
  REQUIRE(found.size() == 1);
  CHECK(found[0].incarnation == "b");
  CHECK(found[0].renewals == 7);
}

TEST_CASE("a node that renews lives, whatever its clock says") {
  watch watch;
  watch.look();
  watch.look_for(9s);
  --watch.renewals_of_b;
  watch.look_for(9'500ms);
  CHECK_FALSE(watch.finds_b_dead());
}

TEST_CASE("who did not look for a while has seen nothing, and begins anew") {
  watch watch;
  watch.look();
  watch.look_for(9s);
  // Stopped, or without the database.
  watch.now += 60s;
  CHECK_FALSE(watch.finds_b_dead());
  watch.look();
  CHECK_FALSE(watch.finds_b_dead());
  watch.look_for(9'500ms);
  CHECK_FALSE(watch.finds_b_dead());
  watch.look_for(500ms);
  CHECK(watch.finds_b_dead());
}

TEST_CASE("a look that comes just in time is no blink, one later is") {
  watch watch;
  watch.look();
  watch.look_for(8s);
  watch.now += terms.blink_max;
  watch.look();
  CHECK(watch.finds_b_dead());

  watch.renewals_of_b++;
  watch.look();
  watch.look_for(8s);
  watch.now += terms.blink_max + 1ns;
  watch.look();
  CHECK_FALSE(watch.finds_b_dead());
}

TEST_CASE("what was seen long ago buries nobody") {
  watch watch;
  watch.look();
  watch.look_for(10s);
  REQUIRE(watch.finds_b_dead());
  watch.now += terms.blink_max + 1ns;
  CHECK_FALSE(watch.finds_b_dead());
}

TEST_CASE("a lease is renewed in time, and fenced from the beginning of the last renewal") {
  member rules{"a", terms};
  rules.renewed(50s);
  CHECK(rules.renewal_due() == 52s);
  CHECK(rules.fence_due() == 58s);
  static_assert(terms.fence_after < terms.lease);
}
