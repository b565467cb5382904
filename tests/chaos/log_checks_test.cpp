#include "tests/chaos/sound_history.hpp"

#include <doctest/doctest.h>

using namespace talaria::chaos;

TEST_CASE("a delivery that ended twice breaks the promise of one end") {
  auto history = sound_history(2);
  auto again = attempt_of(history, 2);
  again.number = 2;
  history.attempts.push_back(again);
  history.receptions.push_back(reception_of(history, 2));
  CHECK(judged(history, promise::ended_once).violations() == 1);
  CHECK(judged(history, promise::log_agrees).holds());
}

TEST_CASE("a delivery that ends after failed attempts ends once") {
  auto history = sound_history(2);
  auto last = attempt_of(history, 2);
  last.number = 2;
  attempt_of(history, 2).made = delivery_end::pending;
  attempt_of(history, 2).status_code = 500;
  reception_of(history, 2).status = 500;
  history.attempts.push_back(last);
  history.receptions.push_back(reception_of(history, 2));
  history.receptions.back().status = 204;
  CHECK(judge(history, {}).holds());
}

TEST_CASE(
    "a delivery that ended without an attempt, or by another one than its last, did not end well") {
  auto history = sound_history(2);
  attempt_of(history, 1).made = delivery_end::pending;
  CHECK(breaks_only(history, promise::ended_once));

  history = sound_history(2);
  auto later = attempt_of(history, 1);
  later.number = 2;
  later.made = delivery_end::pending;
  later.status_code = 0;
  history.attempts.push_back(later);
  CHECK(breaks_only(history, promise::ended_once));
}

TEST_CASE("a delivery that ended otherwise than its last attempt did not end well") {
  auto history = sound_history(2);
  final_of(history, 1).end = delivery_end::dead;
  CHECK(breaks_only(history, promise::ended_once));
}

TEST_CASE("a pending delivery has no attempt that ended it") {
  auto history = sound_history(2);
  final_of(history, 1).end = delivery_end::pending;
  CHECK(judged(history, promise::ended_once).violations() == 1);
  attempt_of(history, 1).made = delivery_end::pending;
  CHECK(judged(history, promise::ended_once).holds());
}

TEST_CASE("a delivery that the store has as pending and as ended is noticed") {
  auto history = sound_history(2);
  history.finals.push_back(final_of(history, 1));
  CHECK(breaks_only(history, promise::ended_once));
}

TEST_CASE("attempts of a delivery that the store does not know are noticed") {
  auto history = sound_history(2);
  history.submissions.pop_back();
  history.submissions.push_back({.number = 2, .wanted_by = {parallel, ordered}});
  std::erase_if(history.finals, [](const auto& each) { return each.event_id == event_of(2); });
  CHECK(breaks_only(history, promise::ended_once, 2));
}

TEST_CASE("a logged success that no receiver gave is noticed") {
  auto history = sound_history(2);
  auto refused = reception_of(history, 2);
  refused.status = 500;
  history.receptions.insert(history.receptions.begin(), refused);
  auto last = attempt_of(history, 2);
  last.number = 2;
  history.attempts.push_back(last);
  attempt_of(history, 2).made = delivery_end::pending;
  attempt_of(history, 2).status_code = 500;
  CHECK(judge(history, {}).holds());
  attempt_of(history, 2).status_code = 200;
  CHECK(breaks_only(history, promise::log_agrees));
}

TEST_CASE("more logged answers than requests that a receiver saw are noticed") {
  auto history = sound_history(2);
  auto& first = attempt_of(history, 1);
  auto last = first;
  first.made = delivery_end::pending;
  first.status_code = 0;
  last.number = 2;
  history.attempts.push_back(last);
  CHECK(judge(history, {}).holds());
  attempt_of(history, 1).status_code = 503;
  CHECK(breaks_only(history, promise::log_agrees));
}

TEST_CASE("a delivery that was delivered by an answer that is no success is noticed") {
  auto history = sound_history(2);
  attempt_of(history, 1).status_code = 500;
  CHECK(breaks_only(history, promise::log_agrees));
}

TEST_CASE("attempts are numbered without a gap") {
  auto history = sound_history(2);
  attempt_of(history, 1).number = 2;
  CHECK(breaks_only(history, promise::log_agrees));
}
