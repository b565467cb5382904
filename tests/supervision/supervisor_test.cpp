#include "supervision/supervisor.hpp"

#include "supervision/failure.hpp"
#include "tests/support/simulated_system.hpp"

#include <caf/all.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

using namespace talaria;
using namespace std::chrono_literals;
using supervision::child_spec;
using supervision::strategy;

namespace {

struct fail_now {};
struct end_normally {};
struct ignore_exit {};

}  // namespace

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(fail_now)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(end_normally)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ignore_exit)

namespace {

/// What the children did, in order: "+a" for a start, "-a" for an end.
struct journal {
  std::vector<std::string> entries;
  std::map<std::string, caf::actor> latest;
  std::vector<std::string> restarted;
  std::vector<std::string> exhausted;
  std::vector<std::string> given_up;

  std::vector<std::string> take() { return std::exchange(entries, {}); }
};

caf::behavior worker(caf::event_based_actor* self, std::string name, journal* written) {
  written->entries.push_back("+" + name);
  supervision::fail_with_exception_text(self);
  self->attach_functor([=](const caf::error&) { written->entries.push_back("-" + name); });
  return {
      [](fail_now) { throw std::runtime_error("asked to fail"); },
      [self](end_normally) { self->quit(); },
      [self](ignore_exit) { self->set_exit_handler([](caf::exit_msg&) {}); },
  };
}

struct fixture {
  test::simulated_system simulated;
  supervision::directory actors;
  journal written;
  caf::actor supervisor;

  child_spec child(const std::string& name) {
    return {.name = name,
            .kind = "worker",
            .gauges = {},
            .start = [this, name](caf::scheduled_actor& parent,
                                  std::shared_ptr<supervision::actor_card>) {
              auto handle = parent.spawn(worker, name, &written);
              written.latest[name] = handle;
              return handle;
            }};
  }

  void start(strategy restarts, std::vector<std::string> names = {"a", "b", "c"},
             supervision::exhaustion when_exhausted = supervision::exhaustion::escalate) {
    supervision::supervisor_options options{
        .path = "",
        .restarts = restarts,
        .policy = {.restarts_max = 3, .window = 60s, .backoff_min = 100ms, .backoff_max = 1s},
        .stop_grace = 500ms,
        .actors = &actors,
        .now = [this] { return simulated.now(); },
        .jitter = [] { return 0.0; },
        .on_failure = {},
        .on_restart =
            [this](const supervision::actor_card& restarted) {
              written.restarted.push_back(restarted.path);
            },
        .on_exhausted =
            [this](const supervision::actor_card& exhausted, supervision::exhaustion) {
              written.exhausted.push_back(exhausted.path);
            },
        .on_given_up =
            [this](const supervision::actor_card& stuck) {
              written.given_up.push_back(stuck.path);
            }};
    std::vector<child_spec> specs;
    for (const auto& name : names) {
      specs.push_back(child(name));
      specs.back().when_exhausted = when_exhausted;
    }
    supervisor = simulated.system().spawn(supervision::supervisor, options, specs, nullptr,
                                          static_cast<const supervision::observer*>(nullptr));
    simulated.run();
    written.take();
  }

  template <class Message>
  void tell(const std::string& name, Message message) {
    caf::anon_send(written.latest.at(name), message);
    simulated.run();
  }

  void stop() {
    caf::anon_send_exit(supervisor, caf::exit_reason::user_shutdown);
    simulated.run();
  }

  ~fixture() {
    stop();
    simulated.advance(1s);
    written.latest.clear();
    supervisor = nullptr;
  }
};

using names = std::vector<std::string>;

}  // namespace

TEST_CASE("one_for_one restarts the child that failed, after its backoff, and no other") {
  fixture f;
  f.start(strategy::one_for_one);
  f.tell("b", fail_now{});
  CHECK(f.written.take() == names{"-b"});
  CHECK(f.actors.find("/b")->state == supervision::actor_state::backing_off);
  f.simulated.advance(90ms);
  CHECK(f.written.take().empty());
  f.simulated.advance(10ms);
  CHECK(f.written.take() == names{"+b"});
  CHECK(f.actors.find("/b")->state == supervision::actor_state::running);
  CHECK(f.actors.find("/b")->read().restarts == 1);
  CHECK(f.actors.find("/b")->read().last_failure.find("asked to fail") != std::string::npos);
}

TEST_CASE(
    "whoever counts restarts is told of each child that is started anew, not of first starts") {
  fixture f;
  f.start(strategy::rest_for_one);
  CHECK(f.written.restarted.empty());
  f.tell("b", fail_now{});
  CHECK(f.written.restarted.empty());
  f.simulated.advance(100ms);
  CHECK(f.written.restarted == names{"/b", "/c"});
}

TEST_CASE("rest_for_one restarts the child that failed and those started after it, in order") {
  fixture f;
  f.start(strategy::rest_for_one);
  f.tell("b", fail_now{});
  CHECK(f.written.take() == names{"-b", "-c"});
  f.simulated.advance(100ms);
  CHECK(f.written.take() == names{"+b", "+c"});
}

TEST_CASE("one_for_all restarts all children, stopped in reverse order") {
  fixture f;
  f.start(strategy::one_for_all);
  f.tell("b", fail_now{});
  CHECK(f.written.take() == names{"-b", "-c", "-a"});
  f.simulated.advance(100ms);
  CHECK(f.written.take() == names{"+a", "+b", "+c"});
}

TEST_CASE("a child that ends normally is not restarted") {
  fixture f;
  f.start(strategy::one_for_one);
  f.tell("b", end_normally{});
  f.simulated.advance(10s);
  CHECK(f.written.take() == names{"-b"});
}

TEST_CASE("a child that fails while another backs off is restarted too") {
  fixture f;
  f.start(strategy::one_for_one);
  f.tell("a", fail_now{});
  f.tell("c", fail_now{});
  f.simulated.advance(1s);
  auto entries = f.written.take();
  CHECK(std::count(entries.begin(), entries.end(), "+a") == 1);
  CHECK(std::count(entries.begin(), entries.end(), "+c") == 1);
}

TEST_CASE("a supervisor whose budget is exceeded stops all children and fails with their reason") {
  fixture f;
  f.start(strategy::one_for_one);
  caf::error reason;
  f.supervisor->attach_functor([&](const caf::error& why) { reason = why; });
  for (int i = 0; i < 4; ++i) {
    f.tell("a", fail_now{});
    f.simulated.advance(1s);
  }
  CHECK(caf::to_string(reason).find("asked to fail") != std::string::npos);
  const auto entries = f.written.take();
  CHECK(names(entries.end() - 2, entries.end()) == names{"-c", "-b"});
}

TEST_CASE("a stop ends the children in reverse order") {
  fixture f;
  f.start(strategy::one_for_one);
  f.stop();
  CHECK(f.written.take() == names{"-c", "-b", "-a"});
}

TEST_CASE("a child that does not stop within the grace is killed") {
  fixture f;
  f.start(strategy::one_for_one);
  f.tell("b", ignore_exit{});
  f.stop();
  CHECK(f.written.take() == names{"-c"});
  f.simulated.advance(490ms);
  CHECK(f.written.take().empty());
  f.simulated.advance(10ms);
  CHECK(f.written.take() == names{"-b", "-a"});
}

TEST_CASE("a child that ends normally leaves the directory") {
  fixture f;
  f.start(strategy::one_for_one);
  f.tell("b", end_normally{});
  CHECK(f.actors.find("/b") == nullptr);
  CHECK(f.actors.find("/c") != nullptr);
}

TEST_CASE("each child has a budget of its own") {
  fixture f;
  f.start(strategy::one_for_one);
  for (int i = 0; i < 3; ++i) {
    f.tell("a", fail_now{});
    f.tell("b", fail_now{});
    f.simulated.advance(1s);
  }
  CHECK(f.written.exhausted.empty());
  CHECK(f.actors.find("/a")->state == supervision::actor_state::running);
}

TEST_CASE("children that back off are restarted each when its own wait is over") {
  fixture f;
  f.start(strategy::one_for_one);
  f.tell("a", fail_now{});
  f.simulated.advance(60ms);
  f.tell("c", fail_now{});
  f.written.take();
  f.simulated.advance(40ms);
  CHECK(f.written.take() == names{"+a"});
  f.simulated.advance(50ms);
  CHECK(f.written.take().empty());
  f.simulated.advance(10ms);
  CHECK(f.written.take() == names{"+c"});
}

TEST_CASE("a child that fails past its budget is quarantined where it may be, and stays down") {
  fixture f;
  f.start(strategy::one_for_one, {"a", "b", "c"}, supervision::exhaustion::quarantine);
  for (int i = 0; i < 4; ++i) {
    CHECK(f.actors.find("/a")->state == supervision::actor_state::running);
    f.tell("a", fail_now{});
    f.simulated.advance(1s);
  }
  CHECK(f.actors.find("/a")->state == supervision::actor_state::quarantined);
  CHECK(f.written.exhausted == names{"/a"});
  f.written.take();
  f.simulated.advance(1h, 1min);
  CHECK(f.written.take().empty());
  CHECK(f.actors.find("/b")->state == supervision::actor_state::running);
}

TEST_CASE("a child that is released from quarantine starts at once, with a full budget") {
  fixture f;
  f.start(strategy::one_for_one, {"a"}, supervision::exhaustion::quarantine);
  for (int i = 0; i < 4; ++i) {
    f.tell("a", fail_now{});
    f.simulated.advance(1s);
  }
  f.written.take();
  CHECK(f.actors.find("/a")->command(supervision::child_command::release));
  f.simulated.run();
  f.simulated.advance(10ms);
  CHECK(f.written.take() == names{"+a"});
  for (int i = 0; i < 3; ++i) {
    f.tell("a", fail_now{});
    f.simulated.advance(1s);
  }
  CHECK(f.actors.find("/a")->state == supervision::actor_state::running);
}

TEST_CASE(
    "a child's last failure is the text of what it threw, or CAF's word where it threw nothing") {
  fixture f;
  f.start(strategy::one_for_one);
  f.tell("b", fail_now{});
  CHECK(f.actors.find("/b")->read().last_failure == "asked to fail");
  caf::anon_send_exit(f.written.latest.at("c"), caf::exit_reason::kill);
  f.simulated.run();
  CHECK(f.actors.find("/c")->read().last_failure == "exit_reason(kill)");
}

TEST_CASE("releasing a child that is not quarantined does nothing") {
  fixture f;
  f.start(strategy::one_for_one);
  f.actors.find("/a")->command(supervision::child_command::release);
  f.simulated.advance(1s);
  CHECK(f.written.take().empty());
}

TEST_CASE(
    "children that share their fate cannot be quarantined: their supervisor refuses to start") {
  for (const auto shared : {strategy::rest_for_one, strategy::one_for_all}) {
    fixture f;
    f.start(shared, {"a", "b"}, supervision::exhaustion::quarantine);
    CHECK(f.written.latest.empty());
  }
}

TEST_CASE("a child is restarted on demand, with whom a failure would take along, at no cost") {
  fixture f;
  f.start(strategy::rest_for_one);
  for (int i = 0; i < 10; ++i) {
    f.actors.find("/b")->command(supervision::child_command::restart);
    f.simulated.advance(10ms);
    CHECK(f.written.take() == names{"-c", "-b", "+b", "+c"});
  }
  CHECK(f.actors.find("/b")->restarts() == 10);
  CHECK(f.actors.find("/b")->failures() == 0);
}

TEST_CASE("a child that backs off is not restarted early by a demand") {
  fixture f;
  f.start(strategy::one_for_one);
  f.tell("b", fail_now{});
  f.written.take();
  f.actors.find("/b")->command(supervision::child_command::restart);
  f.simulated.advance(90ms);
  CHECK(f.written.take().empty());
}

TEST_CASE("a sibling that backs off already comes back with the group that fails meanwhile, once") {
  fixture f;
  f.start(strategy::rest_for_one);
  f.tell("c", fail_now{});
  f.simulated.advance(50ms);
  f.tell("a", fail_now{});
  CHECK(f.written.take() == names{"-c", "-a", "-b"});
  f.simulated.advance(1s);
  CHECK(f.written.take() == names{"+a", "+b", "+c"});
}

TEST_CASE("a stop while children back off ends those that are up, and starts nobody") {
  fixture f;
  f.start(strategy::one_for_one);
  f.tell("b", fail_now{});
  f.written.take();
  f.stop();
  f.simulated.advance(10s);
  CHECK(f.written.take() == names{"-c", "-a"});
}

TEST_CASE("what happens to children is written to the log of lives, in order") {
  fixture f;
  f.start(strategy::one_for_one, {"a"}, supervision::exhaustion::quarantine);
  for (int i = 0; i < 4; ++i) {
    f.tell("a", fail_now{});
    f.simulated.advance(1s);
  }
  f.actors.find("/a")->command(supervision::child_command::release);
  f.simulated.advance(10ms);
  std::vector<supervision::life_change> changes;
  for (const auto& event : f.actors.lives().after(0, 100).events)
    changes.push_back(event.change);
  using enum supervision::life_change;
  CHECK(changes == std::vector{born, failed, restarted, failed, restarted, failed, restarted,
                               failed, quarantined, released, restarted});
}
