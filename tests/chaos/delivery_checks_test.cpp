#include "tests/chaos/sound_history.hpp"

#include <doctest/doctest.h>

using namespace talaria::chaos;

TEST_CASE("a history in which every event was taken once keeps every promise") {
  CHECK(judge(sound_history(3), {}).holds());
}

TEST_CASE("an acked event that the store does not know is lost") {
  auto history = sound_history(2);
  std::erase_if(history.finals, [](const auto& each) { return each.event_id == event_of(2); });
  std::erase_if(history.attempts, [](const auto& each) { return each.event_id == event_of(2); });
  CHECK(breaks_only(history, promise::acked_is_kept, 2));
}

TEST_CASE("an event that was never acked may be gone") {
  auto history = sound_history(2);
  history.submissions.push_back({.number = 3, .wanted_by = {parallel, ordered}});
  CHECK(judge(history, {}).holds());
}

TEST_CASE("an event that the store calls delivered and that no receiver took is lost") {
  auto history = sound_history(2);
  reception_of(history, 1).status = 500;
  CHECK_FALSE(judged(history, promise::acked_is_kept).holds());
}

TEST_CASE("an event that is dead or cancelled is kept, though nobody took it") {
  for (const auto end : {delivery_end::dead, delivery_end::cancelled}) {
    auto history = sound_history(2);
    final_of(history, 1).end = end;
    attempt_of(history, 1) = {
        .event_id = event_of(1), .subscription = parallel, .number = 1, .made = end, .node = "one"};
    reception_of(history, 1).status = 500;
    CHECK(judge(history, {}).holds());
  }
}

TEST_CASE("what is pending in the end has not drained") {
  auto history = sound_history(2);
  final_of(history, 2).end = delivery_end::pending;
  std::erase_if(history.attempts, [](const auto& each) {
    return each.event_id == event_of(2) && each.subscription == parallel;
  });
  CHECK(breaks_only(history, promise::drained));
}

TEST_CASE("a received event that nobody submitted is a phantom") {
  auto history = sound_history(2);
  history.receptions.push_back(
      {.number = 3, .event_id = event_of(3), .subscription = parallel, .status = 204});
  CHECK(breaks_only(history, promise::no_phantoms));
}

TEST_CASE("an event that was submitted without an ack may be received") {
  auto history = sound_history(2);
  history.submissions.push_back({.number = 3, .wanted_by = {parallel}});
  history.receptions.push_back(
      {.number = 3, .event_id = event_of(3), .subscription = parallel, .status = 204});
  CHECK(judge(history, {}).holds());
}

TEST_CASE("an event at a subscription that does not want it is a phantom") {
  auto history = sound_history(2);
  history.submissions[1].wanted_by = {parallel};
  CHECK(breaks_only(history, promise::no_phantoms));
}

TEST_CASE("an altered payload is a phantom") {
  auto history = sound_history(2);
  reception_of(history, 2).is_intact = false;
  CHECK(breaks_only(history, promise::no_phantoms));
}

TEST_CASE("the store may have as many other events as there were submissions without an ack") {
  auto history = sound_history(2);
  const auto store_one = [&](std::uint64_t number) {
    history.finals.push_back({event_of(number), parallel, delivery_end::dead});
    history.attempts.push_back({.event_id = event_of(number),
                                .subscription = parallel,
                                .number = 1,
                                .made = delivery_end::dead});
  };
  history.submissions.push_back({.number = 3, .wanted_by = {parallel}});
  store_one(3);
  CHECK(judge(history, {}).holds());
  store_one(4);
  CHECK(breaks_only(history, promise::no_phantoms));
}

TEST_CASE("an event that comes again under another id breaks the promise of repeats") {
  auto history = sound_history(2);
  history.submissions[0].acked_at.reset();
  history.submissions[0].event_ids.clear();
  reception_of(history, 1).event_id = "another";
  CHECK_FALSE(judged(history, promise::repeats_bounded).holds());
}

TEST_CASE("a submission that was acked under two ids breaks the promise of repeats") {
  auto history = sound_history(2);
  history.submissions[0].event_ids.push_back("another");
  CHECK_FALSE(judged(history, promise::repeats_bounded).holds());
}

TEST_CASE("repeats are allowed up to their bound") {
  auto history = sound_history(2);
  history.receptions.push_back(reception_of(history, 1));
  history.receptions.push_back(reception_of(history, 1));
  CHECK(judge(history, {.repeats_max = 2}).holds());
  CHECK_FALSE(judged(history, promise::repeats_bounded, {.repeats_max = 1}).holds());
}

TEST_CASE("what comes again was interrupted when it was taken, or soon after") {
  auto history = sound_history(2);
  const auto taken_at = reception_of(history, 1).at;
  history.receptions.push_back(reception_of(history, 1));
  history.receptions.back().at += at(5'000);
  const allowances allowed{
      .repeats_max = 1, .record_time_max = at(100), .arrival_time_max = at(50)};
  const auto is_explained_by = [&](moment from, moment until) {
    history.interruptions = {{.from = from, .until = until}};
    return judged(history, promise::repeats_bounded, allowed).holds();
  };
  CHECK(is_explained_by(taken_at + at(100), taken_at + at(200)));
  CHECK_FALSE(is_explained_by(taken_at + at(101), taken_at + at(200)));
  CHECK(is_explained_by(moment{0}, taken_at - at(50)));
  CHECK_FALSE(is_explained_by(moment{0}, taken_at - at(50) - moment{1}));
  history.interruptions = std::vector<interruption>{};
  CHECK_FALSE(judged(history, promise::repeats_bounded, allowed).holds());
}

TEST_CASE("what comes again after a failure, or an answer that nobody could use, is no repeat") {
  auto history = sound_history(2);
  auto earlier = reception_of(history, 1);
  earlier.status = 500;
  history.receptions.insert(history.receptions.begin(), earlier);
  earlier.status = 200;
  earlier.is_plain = false;
  history.receptions.insert(history.receptions.begin(), earlier);
  CHECK(judge(history, {}).holds());
}

TEST_CASE("memory may grow by its part or by its bytes, not by more than both") {
  auto history = sound_history(1);
  const allowances allowed{.resident_growth_max = 1.5, .resident_growth_bytes_max = 100};
  const auto grown_from = [&](std::uint64_t before, std::uint64_t after) {
    history.resources = {
        {.before = {.resident_bytes = before}, .after = {.resident_bytes = after}}};
    return judged(history, promise::back_to_baseline, allowed).violations();
  };
  CHECK(grown_from(100, 200) == 0);
  CHECK(grown_from(100, 201) == 1);
  CHECK(grown_from(1000, 1500) == 0);
  CHECK(grown_from(1000, 1501) == 1);
}

TEST_CASE("descriptors may grow up to their bound") {
  auto history = sound_history(1);
  history.resources = {{.before = {.descriptors = 10}, .after = {.descriptors = 14}}};
  CHECK(judged(history, promise::back_to_baseline, {.descriptors_growth_max = 4}).holds());
  CHECK_FALSE(judged(history, promise::back_to_baseline, {.descriptors_growth_max = 3}).holds());
}
