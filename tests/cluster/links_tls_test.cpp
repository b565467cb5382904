#include "tests/cluster/cluster_files.hpp"
#include "tests/cluster/node.hpp"

#include <caf/io/middleman.hpp>
#include <caf/openssl/all.hpp>
#include <doctest/doctest.h>

#include <csignal>
#include <string>

using namespace talaria;
using namespace talaria::cluster;
using namespace std::chrono_literals;
using test::cluster_files;
using test::node;
using test::wait_until;

namespace {

node::options options_of(const std::string& incarnation, const link_tls& tls) {
  // As the product does: OpenSSL writes to connections that may be gone.
  ::signal(SIGPIPE, SIG_IGN);
  auto made = test::loopback(incarnation);
  made.tls = tls;
  return made;
}

/// Both dial, and neither gets anything through.
void refuse_each_other(const link_tls& one_tls, const link_tls& other_tls) {
  node one{options_of("a", one_tls)};
  node other{options_of("b", other_tls)};
  test::introduce({&one, &other});
  CHECK(wait_until([&] { return one.link_to("b").state == link_state::down; }));
  CHECK(wait_until([&] { return other.link_to("a").state == link_state::down; }));
  CHECK_FALSE(one.links().send("b", shards_moved{}));
  CHECK_FALSE(other.links().send("a", shards_moved{}));
  CHECK(one.link_to("b").last_error.find("no connection") != std::string::npos);
}

}  // namespace

TEST_CASE(
    "nodes with certificates of the same authority are linked, and again after one has ended") {
  const cluster_files files;
  node one{options_of("a", files.tls("a"))};
  for (const auto* incarnation : {"b", "0"}) {
    node other{options_of(incarnation, files.tls("b"))};
    test::introduce({&one, &other});
    REQUIRE(wait_until([&] { return one.is_up(incarnation) && other.is_up("a"); }));
    CHECK(one.links().send(incarnation, catalog_changed{7}));
    CHECK(other.links().send("a", deliveries_due{{1}}));
    CHECK(wait_until([&] { return other.got(catalog_changed{7}); }));
    CHECK(wait_until([&] { return one.got(deliveries_due{{1}}); }));
  }
}

TEST_CASE("a gateway that dies listens with its certificate again") {
  const cluster_files files;
  node one{options_of("a", files.tls("a"))};
  node other{options_of("b", files.tls("b"))};
  one.supervise();
  test::introduce({&one, &other});
  REQUIRE(wait_until([&] { return one.is_up("b") && other.is_up("a"); }));
  one.kill_gateway_at_next_message();
  REQUIRE(wait_until([&] { return one.card().restarts() == 1; }));
  REQUIRE(wait_until([&] { return one.is_up("b") && other.is_up("a"); }));
  CHECK(wait_until([&] {
    other.links().send("a", catalog_changed{7});
    return one.got(catalog_changed{7});
  }));
}

TEST_CASE("a node with a certificate of another authority is refused") {
  const cluster_files files;
  const cluster_files others;
  refuse_each_other(files.tls("a"), others.tls("b"));
}

TEST_CASE("whoever speaks TLS without a certificate is refused") {
  const cluster_files files;
  node one{options_of("a", files.tls("a"))};
  struct anonymous : caf::actor_system_config {
    anonymous() {
      load<caf::io::middleman>();
      load<caf::openssl::manager>();
    }
  } config;
  caf::actor_system strangers{config};
  CHECK_FALSE(caf::openssl::remote_actor<caf::actor>(strangers, "127.0.0.1", one.links().port()));
  caf::logger::set_current_actor_system(nullptr);
}

TEST_CASE("a node without TLS and one with it are never linked") {
  const cluster_files files;
  refuse_each_other(files.tls("a"), {});
  refuse_each_other({}, files.tls("b"));
}
