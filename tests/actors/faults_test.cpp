#include "app/faulty_sender.hpp"
#include "supervision/kill_actors.hpp"
#include "tests/actors/actor_fixture.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <future>
#include <memory>
#include <string>

using namespace talaria;
using namespace std::chrono_literals;
using domain::delivery_status;
using supervision::fault_action;
using test::actor_fixture;
namespace points = actors::fault_points;

namespace {

/// An injector with a time of its own, which each wait moves on to its end.
struct faulty_fixture {
  supervision::fault_injector injector{
      {.points = points::all(),
       .now = [] { return domain::timestamp{}; },
       .random_bits = [] { return 1; },
       .exit_process = [this] { ++exits; },
       .kill_actors =
           [this](const auto& is_chosen) { supervision::kill_actors(f.actors, is_chosen); },
       .steady_now = [this] { return now; },
       .wait = [this](auto&, auto&, auto until) { now = until; }}};
  supervision::fault_injector_options::time_point now{};
  int exits = 0;
  actor_fixture f{{}, &injector};

  void add(std::string_view point, fault_action action, std::uint64_t count = 1) {
    supervision::fault_request wanted{
        .point = std::string{point}, .action = action, .count = count};
    if (action == fault_action::delay)
      wanted.delay = 10ms;
    REQUIRE(injector.add(std::move(wanted)));
  }

  std::uint64_t fired() const { return injector.fired_total(); }

  /// Receivers take everything, until nothing has been pending for a while.
  void recover() {
    for (int i = 0; i < 200; ++i) {
      f.answer_all(200);
      f.simulated.advance(500ms, 100ms);
    }
  }

  bool is_delivered(const actor_fixture::submitted& submitted,
                    const domain::subscription& subscription) {
    return std::ranges::all_of(submitted.events, [&](const auto& event) {
      return f.delivery({event.id, subscription.number}).status == delivery_status::delivered;
    });
  }
};

constexpr std::array points_of_the_way{
    points::store_append_before, points::store_append_after,     points::event_after_commit,
    points::store_read_before,   points::attempt_before_request, points::attempt_after_response,
    points::store_record_before, points::store_record_after,     points::outcome_after_commit,
    points::store_sweep_before};

bool takes(std::string_view point, fault_action action) {
  const auto found = std::ranges::find(points::all(), point, &supervision::fault_point::name);
  REQUIRE(found != points::all().end());
  return std::ranges::find(found->actions, action) != found->actions.end();
}

}  // namespace

TEST_CASE("whatever goes wrong wherever something is durable, what was acked is delivered") {
  for (const auto point : points_of_the_way) {
    for (const auto action : {fault_action::throw_exception, fault_action::kill, fault_action::fail,
                              fault_action::delay, fault_action::hang}) {
      if (!takes(point, action))
        continue;
      CAPTURE(point);
      CAPTURE(to_string(action));
      faulty_fixture faulty;
      auto& f = faulty.f;
      const auto subscription = f.subscribe();
      faulty.add(point, action, 2);
      std::vector<std::shared_ptr<actor_fixture::submitted>> submitted;
      for (int i = 0; i < 5; ++i) {
        submitted.push_back(f.submit(3));
        f.answer_all(200);
        f.simulated.advance(1s, 100ms);
      }
      // The reader of pages is asked by those that wake.
      f.commit_unannounced(subscription);
      faulty.recover();
      // What hangs here hangs until its fault has expired.
      CHECK(faulty.fired() == (action == fault_action::hang ? 1 : 2));
      std::size_t acked = 0;
      for (const auto& one : submitted) {
        CHECK(one->answered);
        acked += one->events.size();
        CHECK(faulty.is_delivered(*one, subscription));
      }
      CHECK(acked >= 9);
      CHECK(f.requests.empty());
    }
  }
}

TEST_CASE(
    "a client is told that its event may not be stored when the answer was lost, and may repeat "
    "it") {
  faulty_fixture faulty;
  const auto subscription = faulty.f.subscribe();
  faulty.add(points::store_append_after, fault_action::fail);
  const auto with_key = [](actors::event_draft& draft) {
    draft.idempotent =
        persistence::idempotency{.key_hash = {{7}}, .body_hash = {{1}}, .expires_at = {}};
  };
  CHECK(faulty.f.submit(1, with_key)->error == domain::ec::store_unavailable);
  const auto again = faulty.f.submit(1, with_key);
  REQUIRE(again->events.size() == 1);
  CHECK(again->events[0].duplicate);
  faulty.recover();
  CHECK(faulty.is_delivered(*again, subscription));
  CHECK(faulty.f.all_ids.size() == 1);
}

TEST_CASE(
    "an event that was committed before its writer died is delivered, though it was not acked") {
  faulty_fixture faulty;
  faulty.f.subscribe();
  faulty.add(points::event_after_commit, fault_action::kill);
  const auto submitted = faulty.f.submit();
  CHECK(submitted->answered);
  CHECK(submitted->error == domain::ec::store_unavailable);
  faulty.recover();
  CHECK(faulty.f.all_ids.size() == 1);
}

TEST_CASE("an attempt whose outcome is lost is made again with the same id") {
  faulty_fixture faulty;
  const auto subscription = faulty.f.subscribe();
  const auto submitted = faulty.f.submit();
  faulty.add(points::attempt_after_response, fault_action::kill);
  faulty.recover();
  CHECK(faulty.is_delivered(*submitted, subscription));
  REQUIRE(faulty.f.all_ids.size() == 2);
  CHECK(faulty.f.all_ids[0] == faulty.f.all_ids[1]);
}

TEST_CASE("an outcome that was committed and not told is not attempted again") {
  for (const auto point : {points::outcome_after_commit, points::store_record_after}) {
    faulty_fixture faulty;
    const auto subscription = faulty.f.subscribe();
    const auto submitted = faulty.f.submit();
    faulty.add(point, fault_action::kill);
    faulty.recover();
    CHECK(faulty.fired() == 1);
    CHECK(faulty.is_delivered(*submitted, subscription));
    CHECK(faulty.f.all_ids.size() == 1);
  }
}

TEST_CASE("an actor that is killed at a point ends as killed, and is started anew") {
  faulty_fixture faulty;
  faulty.f.subscribe();
  faulty.add(points::event_after_commit, fault_action::kill);
  faulty.f.submit();
  faulty.f.simulated.advance(1s);
  const auto killed = faulty.f.actors.find("/store_writers/event_writer-0")->read();
  CHECK(killed.restarts == 1);
  CHECK(killed.last_failure.find("kill") != std::string::npos);
  faulty.add(points::event_after_commit, fault_action::throw_exception);
  faulty.f.submit();
  faulty.f.simulated.advance(1s);
  const auto thrown = faulty.f.actors.find("/store_writers/event_writer-0")->read();
  CHECK(thrown.restarts == 2);
  CHECK(thrown.last_failure == "fault-2 at event.after_commit");
}

TEST_CASE("a fault that is aimed at an actor leaves its siblings alone") {
  faulty_fixture faulty;
  const auto first = faulty.f.subscribe();
  const auto second = faulty.f.subscribe();
  supervision::fault_request wanted{
      .point = std::string{points::attempt_after_response},
      .action = fault_action::kill,
      .target = {.path = "/ingest/subscription-" + std::to_string(domain::to_integer(first.number)),
                 .kind = {},
                 .host = {}},
      .count = 1};
  REQUIRE(faulty.injector.add(wanted));
  const auto submitted = faulty.f.submit();
  faulty.recover();
  CHECK(faulty.fired() == 1);
  CHECK(faulty.f.all_ids.size() == 3);
  CHECK(faulty.is_delivered(*submitted, first));
  CHECK(faulty.is_delivered(*submitted, second));
}

TEST_CASE("whichever actor is killed at once, what was acked is delivered") {
  for (const auto* kind :
       {"event_writer", "outcome_writer", "store_reader", "dispatcher", "ingest", "subscription",
        "janitor", "announcer", "recoverer", "surveyor", "supervisor"}) {
    CAPTURE(std::string{kind});
    faulty_fixture faulty;
    const auto subscription = faulty.f.subscribe();
    const auto submitted = faulty.f.submit(3);
    const auto killed = faulty.injector.add({.point = std::string{points::actor_now},
                                             .action = fault_action::kill,
                                             .target = {.path = {}, .kind = kind, .host = {}}});
    REQUIRE(killed);
    CHECK(killed->fired == 1);
    faulty.f.simulated.advance(1s, 100ms);
    const auto after = faulty.f.submit();
    faulty.recover();
    CHECK(after->events.size() == 1);
    CHECK(faulty.is_delivered(*submitted, subscription));
    CHECK(faulty.is_delivered(*after, subscription));
  }
}

TEST_CASE("whichever actor fails before a message, what was acked is delivered") {
  for (const auto action : {fault_action::throw_exception, fault_action::kill}) {
    for (const auto* kind :
         {"event_writer", "outcome_writer", "store_reader", "dispatcher", "ingest", "subscription",
          "janitor", "announcer", "recoverer", "surveyor"}) {
      CAPTURE(std::string{kind});
      CAPTURE(to_string(action));
      faulty_fixture faulty;
      const auto subscription = faulty.f.subscribe();
      const auto before = faulty.f.submit(3);
      REQUIRE(faulty.injector.add({.point = std::string{points::actor_message},
                                   .action = action,
                                   .target = {.path = {}, .kind = kind, .host = {}},
                                   .count = 1}));
      const auto during = faulty.f.submit(3);
      // The reader of pages is asked when the sweep finds something.
      faulty.f.commit_unannounced(subscription);
      faulty.recover();
      CHECK(faulty.fired() == 1);
      CHECK(during->answered);
      const auto after = faulty.f.submit();
      faulty.recover();
      CHECK(after->events.size() == 1);
      for (const auto& submitted : {before, during, after})
        CHECK(faulty.is_delivered(*submitted, subscription));
    }
  }
}

TEST_CASE("the process ends where it is told to") {
  for (const auto point : points_of_the_way) {
    CAPTURE(point);
    faulty_fixture faulty;
    const auto subscription = faulty.f.subscribe();
    faulty.add(point, fault_action::exit);
    faulty.f.submit();
    faulty.f.commit_unannounced(subscription);
    faulty.recover();
    CHECK(faulty.exits == 1);
  }
}

namespace {

struct sender_fixture {
  supervision::fault_injector injector{{.points = points::all(),
                                        .now = [] { return domain::timestamp{}; },
                                        .random_bits = [] { return 1; },
                                        .exit_process = [] {}}};
  std::atomic<int> sent{0};
  app::faulty_sender sender{injector, [this](delivery::outbound_request, auto done) {
                              ++sent;
                              done({.status_code = 200,
                                    .error = domain::attempt_error::none,
                                    .body = {},
                                    .retry_after = {},
                                    .duration = {}});
                            }};

  void add(fault_action action, std::string host = {}) {
    supervision::fault_request wanted{.point = std::string{points::outbound_request},
                                      .action = action,
                                      .target = {.path = {}, .kind = {}, .host = std::move(host)}};
    if (action == fault_action::delay)
      wanted.delay = 1ms;
    REQUIRE(injector.add(std::move(wanted)));
  }

  std::future<delivery::outbound_response> send(std::string url = "http://10.0.0.1:8080/hook",
                                                std::chrono::milliseconds timeout = 1ms) {
    auto promise = std::make_shared<std::promise<delivery::outbound_response>>();
    delivery::outbound_request request;
    request.url = std::move(url);
    request.timeout = timeout;
    sender.send(std::move(request),
                [promise](delivery::outbound_response response) { promise->set_value(response); });
    return promise->get_future();
  }
};

}  // namespace

TEST_CASE("a request without a fault for its host is sent as it is") {
  sender_fixture f;
  f.add(fault_action::fail, "10.0.0.1:8081");
  CHECK(f.send().get().status_code == 200);
  CHECK(f.sent == 1);
}

TEST_CASE("a request to a host that fails ends as a connection that could not be made") {
  sender_fixture f;
  f.add(fault_action::fail, "10.0.0.1:8080");
  CHECK(f.send().get().error == domain::attempt_error::connect);
  CHECK(f.send("http://10.0.0.2:8080/hook").get().status_code == 200);
  CHECK(f.sent == 1);
}

TEST_CASE("hosts are told apart as their URLs mean them") {
  sender_fixture f;
  f.add(fault_action::fail, "[::1]:443");
  CHECK(f.send("https://[::1]/hook").get().error == domain::attempt_error::connect);
  f.add(fault_action::fail, "receiver.example");
  CHECK(f.send("http://Receiver.Example/hook").get().error == domain::attempt_error::connect);
}

TEST_CASE("a request that is late is sent after all") {
  sender_fixture f;
  f.add(fault_action::delay);
  CHECK(f.send().get().status_code == 200);
  CHECK(f.sent == 1);
}

TEST_CASE("a request that hangs ends as a timeout, and is not sent") {
  sender_fixture f;
  f.add(fault_action::hang);
  const auto response = f.send().get();
  CHECK(response.error == domain::attempt_error::timeout);
  CHECK(response.duration == 1ms);
  CHECK(f.sent == 0);
}

TEST_CASE("requests that are held when all stops end as aborted, and so do those that come later") {
  sender_fixture f;
  f.add(fault_action::hang);
  auto held = f.send("http://10.0.0.1/", 1h);
  f.sender.stop();
  CHECK(held.get().error == domain::attempt_error::aborted);
  CHECK(f.send().get().error == domain::attempt_error::aborted);
}
