#include "tests/actors/actor_fixture.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>

using namespace talaria;
using namespace std::chrono_literals;
using domain::delivery_status;
using domain::recovery_status;
using test::actor_fixture;

namespace {

/// Answers everything that is sent with this, and counts requests by their time.
class receiver {
public:
  explicit receiver(actor_fixture& f) : f_{f} {}

  void run(std::chrono::milliseconds duration, std::uint16_t status) {
    for (auto left = duration; left > 0ms; left -= 100ms) {
      f_.simulated.advance(100ms, 50ms);
      while (!f_.requests.empty()) {
        sent_[f_.simulated.now()] += f_.requests.size();
        f_.answer_all(status);
      }
    }
  }

  std::size_t sent() const { return sent_within(domain::timestamp::max() - domain::timestamp{}); }

  /// The most of any stretch of time.
  std::size_t sent_within(domain::timestamp::duration stretch) const {
    std::size_t most = 0;
    for (auto first = sent_.begin(); first != sent_.end(); ++first) {
      std::size_t sum = 0;
      for (auto at = first; at != sent_.end() && at->first - first->first < stretch; ++at)
        sum += at->second;
      most = std::max(most, sum);
    }
    return most;
  }

private:
  actor_fixture& f_;
  std::map<domain::timestamp, std::size_t> sent_;
};

/// A subscription with so many dead deliveries, whose receiver is well again.
struct outage {
  explicit outage(std::size_t dead) {
    const auto before = f.submit(dead);
    for (const auto& event : before->events)
      events.push_back(event.id);
    receiver{f}.run(5s, 500);
    REQUIRE(of(delivery_status::dead) == dead);
    f.all_ids.clear();
  }

  domain::recovery recover(std::uint32_t rate_per_second) {
    const auto made = f.store->open_recoveries()->create(
        owner, subscription.id, id,
        {f.simulated.now() - 1h, f.simulated.now() + 1h, rate_per_second}, f.simulated.now());
    REQUIRE(made);
    return *made;
  }

  domain::recovery stands() {
    const auto found = f.store->open_recoveries()->find(owner, subscription.id, id);
    REQUIRE(found);
    return *found;
  }

  /// How many of the events have a delivery of this status.
  std::size_t of(delivery_status status) {
    return static_cast<std::size_t>(std::ranges::count_if(events, [&](const auto& event) {
      return f.delivery({event, subscription.number}).status == status;
    }));
  }

  /// How many requests were made for the event that was sent most often.
  std::size_t most_requests() const {
    std::map<std::string, std::size_t> made;
    std::size_t most = 0;
    for (const auto& sent : f.all_ids)
      most = std::max(most, ++made[sent]);
    return most;
  }

  actor_fixture f;
  domain::subscription subscription = f.subscribe([](domain::subscription& wanted) {
    wanted.settings.retry = domain::retry_schedule{std::vector<std::chrono::milliseconds>{}};
    wanted.settings.circuit_breaker.enabled = false;
    wanted.settings.max_in_flight = 1000;
  });
  persistence::tenant owner{f.organization.id, std::nullopt};
  domain::recovery_id id{{{7, 7, 7}}};
  std::vector<domain::event_id> events;
};

}  // namespace

TEST_CASE("a thousand dead deliveries come back at a hundred a second, each once") {
  outage after{1'000};
  after.recover(100);
  receiver well{after.f};
  well.run(9s, 200);
  CHECK(after.stands().status == recovery_status::running);
  CHECK(well.sent() >= 700);
  well.run(3s, 200);
  CHECK(after.stands().status == recovery_status::finished);
  CHECK(after.stands().redelivered == 1'000);
  CHECK(after.of(delivery_status::delivered) == 1'000);
  CHECK(after.most_requests() == 1);
  // A second and a tick of 200 ms.
  CHECK(well.sent_within(1s) <= 120);
}

TEST_CASE("a recoverer that dies goes on where it was, within the rate") {
  outage after{300};
  after.recover(100);
  receiver well{after.f};
  for (int death = 0; death < 4; ++death) {
    well.run(700ms, 200);
    caf::anon_send_exit(after.f.env.addresses.recoverer.get(), caf::exit_reason::kill);
  }
  well.run(10s, 200);
  CHECK(after.stands().status == recovery_status::finished);
  CHECK(after.stands().redelivered == 300);
  CHECK(after.of(delivery_status::delivered) == 300);
  CHECK(after.most_requests() == 1);
  CHECK(well.sent_within(1s) <= 120);
}

TEST_CASE("fresh events are delivered at once while a recovery runs") {
  outage after{300};
  after.recover(10);
  receiver well{after.f};
  well.run(3s, 200);
  REQUIRE(after.stands().status == recovery_status::running);
  const auto fresh = after.f.submit(1);
  CHECK(std::ranges::count(after.f.all_ids, to_string(fresh->events.front().id)) == 1);
}

TEST_CASE("a recovery that is cancelled sends nothing more") {
  outage after{300};
  after.recover(100);
  receiver well{after.f};
  well.run(2s, 200);
  const auto cancelled = after.f.store->open_recoveries()->cancel(
      after.owner, after.subscription.id, after.id, after.f.simulated.now());
  REQUIRE(cancelled);
  well.run(100ms, 200);
  CHECK(cancelled->redelivered > 0);
  CHECK(cancelled->redelivered < 300);
  const auto sent = well.sent();
  well.run(5s, 200);
  CHECK(well.sent() == sent);
  CHECK(sent == cancelled->redelivered);
  CHECK(after.of(delivery_status::dead) == 300 - cancelled->redelivered);
}

TEST_CASE("a receiver that fails again is not drowned: a recovery waits for what is due") {
  outage after{1'600};
  after.f.change([&] {
    auto paused = *after.f.store->open_catalog()->find_subscription(after.subscription.number);
    paused.paused = true;
    return paused;
  }());
  after.recover(10'000);
  receiver well{after.f};
  well.run(10s, 200);
  CHECK(well.sent() == 0);
  CHECK(after.stands().status == recovery_status::running);
  CHECK(after.stands().redelivered >= persistence::recoveries::due_max);
  CHECK(after.stands().redelivered < persistence::recoveries::due_max + 500);
  after.f.change([&] {
    auto resumed = *after.f.store->open_catalog()->find_subscription(after.subscription.number);
    resumed.paused = false;
    return resumed;
  }());
  well.run(10s, 200);
  CHECK(after.of(delivery_status::delivered) == 1'600);
}

TEST_CASE("the end of a recovery becomes an event of the system application") {
  outage after{1};
  const auto all = after.f.store->open_catalog()->list_applications(after.owner, {});
  REQUIRE(all);
  const auto system = std::ranges::find(all->rows, true, &domain::application::is_system);
  REQUIRE(system != all->rows.end());
  after.f.subscribe([&](domain::subscription& wanted) {
    wanted.application = system->id;
    wanted.settings.url = "https://operator.example/hook";
  });
  after.f.gateway.catalog_changed();
  after.recover(100);
  std::vector<std::string> told;
  for (int i = 0; i < 50; ++i) {
    after.f.simulated.advance(100ms, 50ms);
    for (const auto& sent : after.f.requests) {
      if (sent.request.url == "https://operator.example/hook")
        told.push_back(sent.header("webhook-event-type"));
    }
    after.f.answer_all(200);
  }
  CHECK(told == std::vector<std::string>{"recover.finished"});
}
