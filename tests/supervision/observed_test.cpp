#include "supervision/observed.hpp"

#include "tests/support/simulated_system.hpp"

#include <caf/all.hpp>
#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <vector>

using namespace talaria;

namespace {

struct work {};
struct quit_now {};

struct worker_state {};
using worker_pointer =
    caf::stateful_actor<worker_state, supervision::observed<caf::event_based_actor>>*;

}  // namespace

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(work)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(quit_now)

namespace {

caf::behavior worker(worker_pointer self, std::shared_ptr<supervision::actor_card> card,
                     const supervision::observer* by) {
  supervision::begin(self, std::move(card), *by);
  return {[](work) {}, [self](quit_now) { self->quit(); }};
}

struct fixture {
  test::simulated_system simulated;
  supervision::observer by;
  std::shared_ptr<supervision::actor_card> card = std::make_shared<supervision::actor_card>(
      "/worker", "worker", domain::timestamp{}, std::span<const supervision::gauge>{});
  caf::actor handle;

  void start() {
    handle = simulated.system().spawn(worker, card, &by);
    simulated.run();
  }
  void send(int messages) {
    for (int i = 0; i < messages; ++i)
      caf::anon_send(handle, work{});
  }
  ~fixture() {
    // What it would tell is gone by now.
    by = {};
    caf::anon_send_exit(handle, caf::exit_reason::kill);
    simulated.run();
    handle = nullptr;
  }
};

}  // namespace

TEST_CASE("messages that wait and messages that were handled are counted") {
  fixture f;
  f.start();
  f.send(5);
  CHECK(f.card->mailbox_depth == 5);
  f.simulated.run();
  CHECK(f.card->mailbox_depth == 0);
  CHECK(f.card->messages_handled == 5);
  CHECK(f.card->handling_since_ns == 0);
}

TEST_CASE("the card leads to the actor while it lives, and to nobody afterwards") {
  fixture f;
  f.start();
  CHECK(f.card->handle() == f.handle);
  caf::anon_send(f.handle, quit_now{});
  f.simulated.run();
  f.handle = nullptr;
  CHECK_FALSE(f.card->handle());
}

TEST_CASE("a message that takes as long as the threshold is slow") {
  fixture f;
  f.by.slow_after = std::chrono::microseconds{0};
  std::vector<std::string> slow;
  f.by.on_slow = [&](const auto& card, auto) { slow.push_back(card.path); };
  f.start();
  f.send(2);
  f.simulated.run();
  CHECK(f.card->slow_messages == 2);
  CHECK(slow == std::vector<std::string>{"/worker", "/worker"});
}

TEST_CASE("a mailbox that grows past its bound is told of once, until it has been emptied") {
  fixture f;
  f.by.mailbox_depth_max = 4;
  int told = 0;
  f.by.on_backlog = [&](const auto&) { ++told; };
  f.start();
  f.send(4);
  CHECK(told == 0);
  f.send(1);
  CHECK(told == 1);
  f.send(5);
  CHECK(told == 1);
  f.simulated.run();
  f.send(5);
  CHECK(told == 2);
}

TEST_CASE(
    "messages that an actor left behind, and those that come after its end, are dead letters") {
  fixture f;
  std::uint64_t dead = 0;
  f.by.on_dead_letters = [&](const auto&, std::uint64_t messages) { dead += messages; };
  f.start();
  caf::anon_send(f.handle, quit_now{});
  f.send(2);
  f.simulated.run();
  CHECK(dead == 2);
  f.send(3);
  CHECK(dead == 5);
  CHECK(f.card->dead_letters == 5);
}

TEST_CASE("what is called before each message may fail the actor, and knows which it is") {
  fixture f;
  f.start();
  f.by.before_message = [](const supervision::actor_card& card) {
    throw std::runtime_error("injected into " + card.path);
  };
  caf::error reason;
  f.handle->attach_functor([&](const caf::error& why) { reason = why; });
  f.send(1);
  f.simulated.run();
  CHECK(caf::to_string(reason).find("injected into /worker") != std::string::npos);
}
