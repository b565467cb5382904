#include "chaos/timeline.hpp"

#include "tests/chaos/sound_history.hpp"

#include <doctest/doctest.h>

using namespace talaria::chaos;
using namespace std::chrono_literals;

namespace {

/// One event, with a subscription.
history one_event(moment submitted, moment acked, moment taken) {
  history made;
  made.submissions.push_back({.number = 1,
                              .wanted_by = {parallel},
                              .submitted_at = submitted,
                              .acked_at = acked,
                              .event_ids = {event_of(1)}});
  made.receptions.push_back(
      {.number = 1, .event_id = event_of(1), .subscription = parallel, .at = taken, .status = 204});
  return made;
}

disturbance pause(moment from, moment until) {
  return {.fault =
              {.kind = fault_kind::process_pause, .at = {}, .lasts = {}, .settings = {}, .seed = 0},
          .from = from,
          .until = until};
}

}  // namespace

TEST_CASE("a column counts what happened in it") {
  const auto columns = make_timeline(one_event(500ms, 1100ms, 2500ms), 3s, 10);
  REQUIRE(columns.size() == 4);
  CHECK(columns[0].acked_per_second == 0);
  CHECK(columns[1].acked_per_second == 1);
  CHECK(columns[2].taken_per_second == 1);
  CHECK(columns[2].lag_ms_max == 2000);
}

TEST_CASE("a long run has wider columns, not more of them") {
  const auto columns = make_timeline(one_event(0s, 15s, 15s), 100s, 10);
  REQUIRE(columns.size() == 11);
  CHECK(columns[1].acked_per_second == doctest::Approx(0.1));
}

TEST_CASE("only the first arrival has a lag") {
  auto history = one_event(0s, 0s, 0s);
  history.receptions.push_back(history.receptions[0]);
  history.receptions[1].at = 2s;
  const auto columns = make_timeline(history, 3s, 10);
  CHECK(columns[2].lag_ms_max == 0);
}

TEST_CASE("the plot marks when a fault was on") {
  const auto plot = to_plot(one_event(0s, 0s, 0s), {pause(1s, 2500ms)}, 4s);
  CHECK(plot.find("process_pause | ## ") != std::string::npos);
  CHECK(plot.find("acked/s 1 |") != std::string::npos);
}

TEST_CASE("recovery is counted from the end of a fault to what was begun after it") {
  const auto history = one_event(3s, 3500ms, 4s);
  const auto table = to_recovery_table(history, {pause(1s, 2s)});
  CHECK(table.find("1.50 / 1.50") != std::string::npos);
  CHECK(table.find("2.00 / 2.00") != std::string::npos);
  // It was under way when the fault ended: that it came through says nothing.
  CHECK(to_recovery_table(history, {pause(1s, 3200ms)}).find("0.30") == std::string::npos);
}

TEST_CASE("what another fault kept waiting is no recovery") {
  const auto history = one_event(3s, 3500ms, 4s);
  const auto table = to_recovery_table(history, {pause(1s, 2s), pause(2500ms, 2700ms)});
  CHECK(table.find("1.50") == std::string::npos);
  CHECK(table.find("0.80 / 0.80") != std::string::npos);
}
