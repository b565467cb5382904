#include "tests/chaos/sound_history.hpp"

#include <doctest/doctest.h>

#include <utility>

using namespace talaria::chaos;

namespace {

/// Of the ordered subscription, so many events that were taken at once.
history ordered_history(std::uint64_t events) {
  auto made = sound_history(events);
  std::erase_if(made.receptions, [](const auto& each) { return each.subscription == parallel; });
  std::erase_if(made.finals, [](const auto& each) { return each.subscription == parallel; });
  std::erase_if(made.attempts, [](const auto& each) { return each.subscription == parallel; });
  for (auto& each : made.submissions)
    each.wanted_by = {ordered};
  return made;
}

constexpr allowances some_repeats{.repeats_max = 10};

std::uint64_t violations(const history& history) {
  return judged(history, promise::order_kept, some_repeats).violations();
}

}  // namespace

TEST_CASE("an event that comes before the one that precedes it breaks the order") {
  auto history = ordered_history(3);
  std::swap(history.receptions[0], history.receptions[1]);
  CHECK(breaks_only(history, promise::order_kept));
}

TEST_CASE("a subscription without an order receives as it comes") {
  auto history = ordered_history(3);
  history.subscriptions[1].ordered = false;
  std::swap(history.receptions[0], history.receptions[1]);
  CHECK(judge(history, {}).holds());
}

TEST_CASE("an event that comes while the one before it was not taken breaks the order") {
  auto history = ordered_history(3);
  auto refused = history.receptions[0];
  refused.status = 500;
  history.receptions.insert(history.receptions.begin(), refused);
  CHECK(violations(history) == 0);
  history.receptions.erase(history.receptions.begin() + 1);
  CHECK(violations(history) == 1);
}

TEST_CASE("an event may come after one that was given up") {
  auto history = ordered_history(3);
  history.receptions[0].status = 500;
  history.finals[0].end = delivery_end::dead;
  CHECK(violations(history) == 0);
  // It was given up: so it is not sent again.
  history.receptions.insert(history.receptions.begin() + 2, history.receptions[0]);
  CHECK(violations(history) == 1);
}

TEST_CASE("an event may come again until the next one has come") {
  auto history = ordered_history(3);
  history.receptions.insert(history.receptions.begin(), history.receptions[0]);
  CHECK(violations(history) == 0);
}

TEST_CASE(
    "an event that comes again after the next one breaks the order, but while two processes run") {
  auto history = ordered_history(3);
  history.receptions.push_back(history.receptions[1]);
  auto& late = history.receptions.back();
  late.at = at(100);
  CHECK(violations(history) == 1);
  history.takeovers.push_back({.from_node = "none", .to_node = "one", .claimed_at = at(100)});
  CHECK(violations(history) == 0);
  history.takeovers[0].claimed_at = at(100) + moment{1};
  CHECK(violations(history) == 1);
  history.takeovers[0] = {.claimed_at = at(50), .ended_at = at(100)};
  CHECK(violations(history) == 0);
  history.takeovers[0].ended_at = at(100) - moment{1};
  CHECK(violations(history) == 1);
}

TEST_CASE("two events with one sequence, or one without, break the order") {
  auto history = ordered_history(3);
  history.receptions[1].sequence = 1;
  CHECK(violations(history) == 1);
  history.receptions[1].sequence.reset();
  CHECK(violations(history) == 1);
}

TEST_CASE("what was acked before another was submitted comes first") {
  auto history = ordered_history(2);
  std::swap(history.receptions[0].sequence, history.receptions[1].sequence);
  std::swap(history.receptions[0], history.receptions[1]);
  CHECK(breaks_only(history, promise::order_kept));
  // Submitted before the other's ack: either may come first.
  history.submissions[1].submitted_at = *history.submissions[0].acked_at;
  CHECK(judge(history, {}).holds());
}

namespace {

/// The second of three events comes again after the third, so often, while `one` may send what was
/// under way with it: `two` has claimed its shard, and it ends later.
history succeeded_history(std::size_t repeats) {
  auto made = ordered_history(3);
  for (auto& attempt : made.attempts)
    attempt.ownership = {.shard = 7, .owner = attempt.node};
  made.shard_changes = {{.shard = 7, .epoch = 1, .owner = "one", .by = "one", .at = at(0)},
                        {.shard = 7, .epoch = 1, .owner = "", .by = "two", .at = at(90)},
                        {.shard = 7, .epoch = 2, .owner = "two", .by = "two", .at = at(100)}};
  made.process_ends = {{.process = "one", .at = at(200)}};
  for (std::size_t count = 0; count < repeats; ++count) {
    made.receptions.push_back(made.receptions[1]);
    made.receptions.back().at = at(150);
  }
  return made;
}

}  // namespace

TEST_CASE("whoever was succeeded may send late what was under way, until it ends") {
  auto history = succeeded_history(2);
  CHECK(violations(history) == 0);
  history.shard_changes[2].at = at(150) + moment{1};
  CHECK(violations(history) == 2);
  history = succeeded_history(2);
  const auto late = allowances{}.arrival_time_max;
  history.process_ends[0].at = at(150) - late;
  CHECK(violations(history) == 0);
  history.process_ends[0].at -= moment{1};
  CHECK(violations(history) == 2);
}

TEST_CASE("whoever was succeeded may send late no more than what was under way") {
  CHECK(violations(succeeded_history(3)) == 1);
}

TEST_CASE("whoever gives a shard away sends nothing for it any more") {
  auto history = succeeded_history(1);
  history.shard_changes[1].by = "one";
  CHECK(violations(history) == 1);
}

TEST_CASE("whoever lost another shard has nothing of this one to send") {
  auto history = succeeded_history(1);
  for (auto& change : history.shard_changes)
    change.shard = 8;
  CHECK(violations(history) == 1);
}
