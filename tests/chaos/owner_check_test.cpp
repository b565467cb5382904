#include "tests/chaos/sound_history.hpp"

#include <doctest/doctest.h>

#include <utility>

using namespace talaria::chaos;

TEST_CASE("an attempt that the old owner ended after its successor had claimed breaks ownership") {
  auto history = sound_history(2);
  history.takeovers.push_back({.from_node = "one", .to_node = "two", .claimed_at = at(23)});
  CHECK(judge(history, {}).holds());
  history.takeovers[0].claimed_at = at(23) - moment{1};
  CHECK(breaks_only(history, promise::one_owner, 2));
}

TEST_CASE("a process that was succeeded and became the owner again writes what is its own") {
  auto history = sound_history(2);
  history.takeovers.push_back({.from_node = "one", .to_node = "two", .claimed_at = at(0)});
  CHECK_FALSE(judge(history, {}).holds());
  for (auto& attempt : history.attempts)
    attempt.ownership = {.shard = 7, .owner = "one"};
  CHECK(judge(history, {}).holds());
  attempt_of(history, 1).ownership->owner = "two";
  CHECK_FALSE(judge(history, {}).holds());
}

TEST_CASE("an attempt only seems late if the clock that it was written by was ahead") {
  auto history = sound_history(2);
  history.takeovers.push_back({.from_node = "one", .to_node = "two", .claimed_at = at(22)});
  const auto is_late = [&](moment from, moment until) {
    history.clock_shifts = {{.from = from, .until = until, .ahead_by = at(5)}};
    return !judged(history, promise::one_owner).holds();
  };
  // The last two ended at 23, which in truth was 18.
  CHECK_FALSE(is_late(at(18), at(18)));
  CHECK(is_late(at(18) + moment{1}, at(30)));
  CHECK(is_late(at(0), at(18) - moment{1}));
  // The clock was read when it began, and was set back before it had ended.
  for (auto& attempt : history.attempts)
    attempt.took = at(2);
  CHECK_FALSE(is_late(at(16), at(16)));
  CHECK(is_late(at(16) + moment{1}, at(30)));
  // Ahead or not: in truth it was too late as well.
  history.takeovers[0].claimed_at = at(18) - moment{1};
  CHECK(is_late(at(0), at(30)));
}

TEST_CASE("the successor's attempts are its own to write") {
  auto history = sound_history(2);
  history.takeovers.push_back({.from_node = "zero", .to_node = "one", .claimed_at = at(0)});
  CHECK(judge(history, {}).holds());
}

TEST_CASE("an outcome that somebody else commits than the owner of its shard breaks ownership") {
  auto history = sound_history(2);
  auto& attempt = attempt_of(history, 1);
  attempt.ownership = {.shard = 7, .owner = attempt.node};
  CHECK(judge(history, {}).holds());
  attempt.ownership->owner = "two";
  CHECK(breaks_only(history, promise::one_owner));
  attempt.ownership->owner.clear();
  CHECK(breaks_only(history, promise::one_owner));
}

TEST_CASE("a shard is claimed with a higher epoch each time") {
  auto history = sound_history(2);
  const auto holds = [&](std::vector<shard_change> changes) {
    history.shard_changes = std::move(changes);
    return judge(history, {}).holds();
  };
  const shard_change first{.shard = 1, .epoch = 1, .owner = "one", .by = "one"};
  const shard_change freed{.shard = 1, .epoch = 1, .owner = "", .by = "one"};
  CHECK(holds({first, freed, {.shard = 1, .epoch = 2, .owner = "two", .by = "two"}}));
  CHECK_FALSE(holds({first, freed, {.shard = 1, .epoch = 1, .owner = "two", .by = "two"}}));
  CHECK_FALSE(holds({first, freed, {.shard = 1, .epoch = 0, .owner = "one", .by = "one"}}));
  CHECK_FALSE(holds({first, {.shard = 1, .epoch = 0, .owner = "", .by = "one"}}));
  CHECK(holds({first, {.shard = 2, .epoch = 1, .owner = "one", .by = "one"}}));
}
