#include "cluster/hello.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace talaria::cluster;

namespace {

nonce some_nonce(std::uint8_t filled_with) {
  nonce made;
  made.fill(filled_with);
  return made;
}

struct conversation {
  introduction dialer{.incarnation = "a1", .name = "north"};
  introduction listener{.incarnation = "b2", .name = "south"};
  std::string dialed_incarnation = "b2";
  std::string dialer_secret = "one secret of a cluster";
  std::string listener_secret = "one secret of a cluster";

  dialer_hello dial(std::uint8_t challenge = 1) const {
    return {dialer, dialed_incarnation, dialer_secret, some_nonce(challenge)};
  }

  auto listen(const greeting& greeted, std::uint8_t challenge = 2) const {
    return listener_hello::begin(listener, listener_secret, some_nonce(challenge), greeted);
  }

  /// Why the dialer would have no link.
  refusal refused_by_dialer() const {
    const auto dialing = dial();
    const auto listening = listen(dialing.greet());
    REQUIRE(listening);
    const auto ended = dialing.take(listening->answer());
    REQUIRE_FALSE(ended);
    return ended.error();
  }

  refusal refused_by_listener() const {
    const auto listening = listen(dial().greet());
    REQUIRE_FALSE(listening);
    return listening.error();
  }
};

}  // namespace

TEST_CASE("two nodes that know the secret agree on a session, and know each other's names") {
  const conversation held;
  const auto dialing = held.dial();
  const auto listening = held.listen(dialing.greet());
  REQUIRE(listening);
  const auto dialed = dialing.take(listening->answer());
  REQUIRE(dialed);
  const auto listened = listening->take(dialed->proven);
  REQUIRE(listened);
  CHECK(dialed->agreed.name == "south");
  CHECK(listened->name == "north");
  CHECK(dialed->agreed.session == listened->session);
  CHECK(dialed->agreed.protocol == listened->protocol);
}

TEST_CASE("another hello of the same nodes has another session") {
  const conversation held;
  const auto first = held.dial(1).take(held.listen(held.dial(1).greet())->answer());
  const auto second = held.dial(3).take(held.listen(held.dial(3).greet())->answer());
  REQUIRE(first);
  REQUIRE(second);
  CHECK(first->agreed.session != second->agreed.session);
}

TEST_CASE("nodes with different secrets refuse each other") {
  conversation held;
  held.listener_secret = "one secret of a clusteR";
  CHECK(held.refused_by_dialer() == refusal::wrong_secret);

  const auto listening = held.listen(held.dial().greet());
  REQUIRE(listening);
  conversation with_the_dialers_secret;
  const auto there = with_the_dialers_secret.listen(held.dial().greet());
  const auto proven = held.dial().take(there->answer())->proven;
  const auto listened = listening->take(proven);
  REQUIRE_FALSE(listened);
  CHECK(listened.error() == refusal::wrong_secret);
}

TEST_CASE("an answer to an earlier greeting proves nothing for a later one") {
  const conversation held;
  auto replayed = held.listen(held.dial(1).greet())->answer();
  const auto later = held.dial(3);
  replayed.greeted = later.challenge();
  const auto ended = later.take(replayed);
  REQUIRE_FALSE(ended);
  CHECK(ended.error() == refusal::wrong_secret);
}

TEST_CASE("a proof for an earlier answer proves nothing for a later one") {
  const conversation held;
  const auto dialing = held.dial();
  auto replayed = dialing.take(held.listen(dialing.greet(), 2)->answer())->proven;
  const auto later = held.listen(dialing.greet(), 4);
  replayed.greeted = later->challenge();
  const auto listened = later->take(replayed);
  REQUIRE_FALSE(listened);
  CHECK(listened.error() == refusal::wrong_secret);
}

TEST_CASE("what the listener proves is of no use as the dialer's proof") {
  const conversation held;
  const auto listening = held.listen(held.dial().greet());
  const greeting_proven reflected{.greeted = listening->challenge(),
                                  .proven = listening->answer().proven};
  CHECK_FALSE(listening->take(reflected));
}

TEST_CASE("nobody can change in between what a node says of itself") {
  conversation held;
  held.listener.protocols = {1, 3};
  held.dialer.protocols = {1, 3};
  auto answer = held.listen(held.dial().greet())->answer();
  REQUIRE(held.dial().take(answer));
  answer.from.protocols.max = 1;
  CHECK_FALSE(held.dial().take(answer));
  answer.from.protocols.max = 3;
  answer.from.name = "somebody";
  CHECK_FALSE(held.dial().take(answer));
}

TEST_CASE("a node at the address of a former one is not taken for it") {
  conversation held;
  held.dialed_incarnation = "b1";
  CHECK(held.refused_by_listener() == refusal::wrong_incarnation);

  // Nor if it does not notice by itself.
  auto greeted = held.dial().greet();
  greeted.to_incarnation = "b2";
  const auto ended = held.dial().take(held.listen(greeted)->answer());
  REQUIRE_FALSE(ended);
  CHECK(ended.error() == refusal::wrong_incarnation);
}

TEST_CASE("the newest protocol that both understand is spoken, and none if they have none") {
  conversation held;
  held.dialer.protocols = {1, 3};
  held.listener.protocols = {2, 5};
  CHECK(held.dial().take(held.listen(held.dial().greet())->answer())->agreed.protocol == 3);
  held.listener.protocols = {3, 5};
  CHECK(held.dial().take(held.listen(held.dial().greet())->answer())->agreed.protocol == 3);
  held.listener.protocols = {4, 5};
  CHECK(held.refused_by_listener() == refusal::no_common_protocol);
  held.dialer.protocols = {6, 7};
  CHECK(held.refused_by_listener() == refusal::no_common_protocol);
}
