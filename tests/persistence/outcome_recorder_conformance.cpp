#include "tests/persistence/conformance.hpp"

#include <thread>

namespace talaria::persistence::test {

STORE_TEST_CASE("a success ends the delivery as delivered and keeps its attempt") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  const auto event = world.submit({subscription});
  auto made = world.outcome(event, subscription, 1, delivery_status::delivered);
  made.attempt.response_body = "thanks \xC3\xA9";
  made.attempt.status_code = 204;
  CHECK(world.record(made) == record_status::recorded);

  CHECK(world.pending(subscription).empty());
  const auto delivery = world.delivery(event, subscription);
  CHECK(delivery.status == delivery_status::delivered);
  CHECK(delivery.attempts == 1);
  CHECK_FALSE(delivery.next_attempt_at);
  CHECK(delivery.ended_at == world.now + 25ms);

  const auto attempts =
      expect(world.history->list_attempts(world.owner, delivery_of(event, subscription)));
  REQUIRE(attempts.size() == 1);
  CHECK(attempts[0].number == 1);
  CHECK(attempts[0].started_at == world.now);
  CHECK(attempts[0].duration == 25ms);
  CHECK(attempts[0].status_code == 204);
  CHECK(attempts[0].error == domain::attempt_error::none);
  CHECK(attempts[0].response_body == "thanks \xC3\xA9");
  CHECK(attempts[0].node == world.node);
}

STORE_TEST_CASE("a failure with a retry leaves the delivery pending with its progress") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  const auto event = world.submit({subscription});
  auto made = world.outcome(event, subscription, 1, delivery_status::pending);
  made.attempt.status_code = 0;
  made.attempt.error = domain::attempt_error::timeout;
  CHECK(world.record(made) == record_status::recorded);

  const auto page = expect(world.queue->page({subscription.number, made.due, 10, SIZE_MAX}));
  REQUIRE(page.deliveries.size() == 1);
  CHECK(page.deliveries[0].progress.attempts == 1);
  CHECK(page.deliveries[0].progress.run_attempts == 1);
  CHECK(page.deliveries[0].progress.due == made.due);
  const auto delivery = world.delivery(event, subscription);
  CHECK(delivery.status == delivery_status::pending);
  CHECK(delivery.attempts == 1);
  CHECK(delivery.next_attempt_at == made.due);
  CHECK_FALSE(delivery.ended_at);
  const auto attempts =
      expect(world.history->list_attempts(world.owner, delivery_of(event, subscription)));
  REQUIRE(attempts.size() == 1);
  CHECK(attempts[0].error == domain::attempt_error::timeout);
}

STORE_TEST_CASE(
    "the last failure of a schedule makes the delivery dead, and all attempts are kept") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  const auto event = world.submit({subscription});
  for (std::uint32_t number = 1; number <= 3; ++number) {
    const auto status = number < 3 ? delivery_status::pending : delivery_status::dead;
    CHECK(world.record(world.outcome(event, subscription, number, status)) ==
          record_status::recorded);
  }
  CHECK(world.pending(subscription).empty());
  CHECK(world.delivery(event, subscription).status == delivery_status::dead);
  CHECK(world.delivery(event, subscription).attempts == 3);
  const auto attempts =
      expect(world.history->list_attempts(world.owner, delivery_of(event, subscription)));
  REQUIRE(attempts.size() == 3);
  for (std::uint32_t number = 1; number <= 3; ++number)
    CHECK(attempts[number - 1].number == number);
}

STORE_TEST_CASE(
    "a receiver that is gone has its subscription disabled, once, as a catalogue change") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  const auto other = world.subscribe();
  const auto event = world.submit({subscription});
  const auto before = expect(world.catalog->changes_since(0)).revision;
  auto made = world.outcome(event, subscription, 1, delivery_status::pending);
  made.attempt.status_code = 410;
  made.receiver_gone = true;
  CHECK(world.record(made) == record_status::recorded);
  CHECK(world.record(made) == record_status::not_pending);

  const auto changes = expect(world.catalog->changes_since(before));
  CHECK(changes.revision == before + 1);
  REQUIRE(changes.changed.size() == 1);
  CHECK(changes.changed[0]->id == subscription.id);
  CHECK(changes.changed[0]->disabled == domain::disabled_reason::gone);
  CHECK(changes.changed[0]->updated_at == world.now + 25ms);
  CHECK(expect(world.catalog->find_subscription(world.owner, other.id)).disabled ==
        domain::disabled_reason::none);

  made.attempt.number = 2;
  CHECK(world.record(made) == record_status::recorded);
  CHECK(expect(world.catalog->changes_since(before)).revision == before + 1);
}

STORE_TEST_CASE("the same outcome recorded twice counts once") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  const auto event = world.submit({subscription});
  const auto retried = world.outcome(event, subscription, 1, delivery_status::pending);
  CHECK(world.record(retried) == record_status::recorded);
  CHECK(world.record(retried) == record_status::not_pending);
  const auto ended = world.outcome(event, subscription, 2, delivery_status::delivered);
  const auto twice = expect(world.recorder->record(world.node, std::vector<outcome>{ended, ended}));
  CHECK(twice == std::vector{record_status::recorded, record_status::not_pending});
  CHECK(
      expect(world.history->list_attempts(world.owner, delivery_of(event, subscription))).size() ==
      2);
}

STORE_TEST_CASE("an outcome of a number out of turn is not recorded") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  const auto event = world.submit({subscription});
  CHECK(world.record(world.outcome(event, subscription, 2, delivery_status::delivered)) ==
        record_status::not_pending);
  CHECK(world.record(world.outcome(event, subscription, 0, delivery_status::pending)) ==
        record_status::not_pending);
  CHECK(world.pending(subscription) == std::vector{event});
}

STORE_TEST_CASE("an outcome of a delivery that was cancelled or never existed is not recorded") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  const auto bystander = world.subscribe();
  const auto event = world.submit({subscription});
  expect(world.history->cancel_delivery(world.owner, delivery_of(event, subscription), world.now));
  CHECK(world.record(world.outcome(event, subscription, 1, delivery_status::delivered)) ==
        record_status::not_pending);
  CHECK(world.delivery(event, subscription).status == delivery_status::cancelled);
  CHECK(world.record(world.outcome(event, bystander, 1, delivery_status::delivered)) ==
        record_status::not_pending);
}

STORE_TEST_CASE("outcomes with the epoch of an earlier owner are fenced off") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  const auto event = world.submit({subscription});
  const auto stale = world.outcome(event, subscription, 1, delivery_status::delivered);
  world.shards = expect(world.ownership->claim_all(world.node));

  CHECK(world.record(stale) == record_status::fenced);
  CHECK(world.pending(subscription) == std::vector{event});
  CHECK(
      expect(world.history->list_attempts(world.owner, delivery_of(event, subscription))).empty());
  CHECK(world.record(world.outcome(event, subscription, 1, delivery_status::delivered)) ==
        record_status::recorded);
}

STORE_TEST_CASE("outcomes of a node that does not own the shard are fenced off") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  const auto event = world.submit({subscription});
  const auto made = world.outcome(event, subscription, 1, delivery_status::delivered);
  const auto statuses = expect(world.recorder->record("node-2", std::span{&made, 1}));
  CHECK(statuses == std::vector{record_status::fenced});
  CHECK(world.pending(subscription) == std::vector{event});
}

STORE_TEST_CASE("each outcome of a call has its own status, whatever becomes of the others") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  const auto good = world.submit({subscription});
  const auto late = world.submit({subscription});
  const auto fenced = world.submit({subscription});
  expect(world.history->cancel_delivery(world.owner, delivery_of(late, subscription), world.now));
  auto stale = world.outcome(fenced, subscription, 1, delivery_status::delivered);
  stale.epoch = fencing_epoch{static_cast<std::int64_t>(stale.epoch) - 1};
  const std::vector<outcome> outcomes{
      stale, world.outcome(late, subscription, 1, delivery_status::dead),
      world.outcome(good, subscription, 1, delivery_status::delivered)};
  CHECK(expect(world.recorder->record(world.node, outcomes)) ==
        std::vector{record_status::fenced, record_status::not_pending, record_status::recorded});
  CHECK(world.pending(subscription) == std::vector{fenced});
}

STORE_TEST_CASE("recording no outcome is allowed") {
  auto world = make_world<place_type>();
  CHECK(expect(world.recorder->record(world.node, {})).empty());
}

STORE_TEST_CASE("recorded outcomes are there after a restart") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  const auto ended = world.submit({subscription});
  const auto retried = world.submit({subscription});
  world.finish(ended, subscription, delivery_status::delivered);
  world.record(world.outcome(retried, subscription, 1, delivery_status::pending));
  world.reopen();
  CHECK(world.delivery(ended, subscription).status == delivery_status::delivered);
  CHECK(world.delivery(retried, subscription).next_attempt_at == world.now + 10s);
  CHECK(world.pending(subscription) == std::vector{retried});
}

STORE_TEST_CASE("an attempt's error, each kind of it, comes back as it was recorded") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  const auto event = world.submit({subscription});
  const auto last = static_cast<std::uint32_t>(domain::attempt_error::internal);
  for (std::uint32_t error = 0; error <= last; ++error) {
    auto made = world.outcome(event, subscription, error + 1, delivery_status::pending);
    made.attempt.error = static_cast<domain::attempt_error>(error);
    CHECK(world.record(made) == record_status::recorded);
  }
  const auto attempts =
      expect(world.history->list_attempts(world.owner, delivery_of(event, subscription)));
  REQUIRE(attempts.size() == last + 1);
  for (std::uint32_t error = 0; error <= last; ++error)
    CHECK(attempts[error].error == static_cast<domain::attempt_error>(error));
}

STORE_TEST_CASE("of recorders that race with the same outcomes, one records each") {
  constexpr std::size_t deliveries = 60;
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  std::vector<outcome> outcomes;
  for (std::size_t i = 0; i < deliveries; ++i)
    outcomes.push_back(
        world.outcome(world.submit({subscription}), subscription, 1, delivery_status::delivered));
  std::vector<std::vector<record_status>> statuses(3);
  std::vector<std::thread> threads;
  for (auto& of_thread : statuses) {
    threads.emplace_back([&] {
      const auto recorder = world.store->open_outcome_recorder();
      for (const auto& made : outcomes) {
        const auto answer = recorder->record(world.node, std::span{&made, 1});
        of_thread.push_back(answer ? answer->at(0) : record_status::fenced);
      }
    });
  }
  for (auto& thread : threads)
    thread.join();
  for (std::size_t i = 0; i < deliveries; ++i) {
    int recorded = 0;
    for (const auto& of_thread : statuses) {
      CHECK(of_thread[i] != record_status::fenced);
      recorded += of_thread[i] == record_status::recorded ? 1 : 0;
    }
    CHECK(recorded == 1);
  }
  CHECK(world.pending(subscription).empty());
}

}  // namespace talaria::persistence::test
