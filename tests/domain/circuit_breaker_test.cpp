#include "domain/circuit_breaker.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

using namespace talaria::domain;
using namespace std::chrono_literals;

namespace {

constexpr timestamp start{std::chrono::microseconds{1'770'000'000'000'000}};
constexpr circuit_breaker_settings small{.enabled = true,
                                         .failure_rate = 0.5,
                                         .min_calls = 2,
                                         .window = 10s,
                                         .open = 5s,
                                         .half_open_calls = 2};

attempt with_status(std::uint16_t status) {
  attempt made;
  made.number = 1;
  made.status_code = status;
  return made;
}

/// Says the same as the class by other means: keeps every result, and every probe by name.
struct model {
  struct call {
    std::int64_t second = 0;
    bool succeeded = false;
  };

  breaker_state state = breaker_state::closed;
  int period = 0;
  std::vector<call> calls;
  timestamp probes_from;
  int probes_running = 0;
  int probes_lost = 0;

  static std::int64_t second_of(timestamp now) { return now.time_since_epoch() / 1s; }

  bool may_start(timestamp now) const {
    if (state == breaker_state::open)
      return now >= probes_from;
    return state == breaker_state::closed || probes_running + probes_lost < 2;
  }

  int begin() {
    if (state == breaker_state::open) {
      state = breaker_state::half_open;
      ++period;
      probes_running = probes_lost = 0;
    }
    probes_running += state == breaker_state::half_open ? 1 : 0;
    return period;
  }

  void open(timestamp now) {
    state = breaker_state::open;
    ++period;
    probes_from = now + 5s;
  }

  void end_probe(bool succeeded, timestamp now) {
    --probes_running;
    if (succeeded) {
      state = breaker_state::closed;
      ++period;
      calls.clear();
    } else if (++probes_lost == 2) {
      open(now);
    }
  }

  void end_call(bool succeeded, timestamp now) {
    calls.push_back({second_of(now), succeeded});
    std::erase_if(calls, [&](const call& made) { return made.second <= second_of(now) - 10; });
    const auto failed = std::ranges::count(calls, false, &call::succeeded);
    const auto count = static_cast<std::ptrdiff_t>(calls.size());
    if (!succeeded && count >= 2 && 2 * failed >= count)
      open(now);
  }

  void end(int begun_in, bool succeeded, timestamp now) {
    if (begun_in != period)
      return;
    if (state == breaker_state::half_open)
      end_probe(succeeded, now);
    else
      end_call(succeeded, now);
  }

  void abandon(int begun_in) {
    if (begun_in == period && state == breaker_state::half_open)
      --probes_running;
  }
};

struct world {
  circuit_breaker breaker;
  model expected;
  timestamp now = start;
  std::deque<std::pair<circuit_breaker::permit, int>> under_way;

  void begin() {
    if (expected.may_start(now))
      under_way.emplace_back(breaker.take(now), expected.begin());
  }
  void end(std::uint16_t status) {
    if (under_way.empty())
      return;
    const auto [permit, period] = under_way.front();
    under_way.pop_front();
    breaker.ended(permit, with_status(status), now);
    expected.end(period, status == 200, now);
  }
  void abandon() {
    if (under_way.empty())
      return;
    const auto [permit, period] = under_way.front();
    under_way.pop_front();
    breaker.abandoned(permit);
    expected.abandon(period);
  }
};

struct step {
  char name = 0;
  void (*take)(world&) = nullptr;
};

const std::array steps{
    step{'b', [](world& in) { in.begin(); }},   step{'s', [](world& in) { in.end(200); }},
    step{'f', [](world& in) { in.end(500); }},  step{'a', [](world& in) { in.abandon(); }},
    step{'1', [](world& in) { in.now += 1s; }}, step{'5', [](world& in) { in.now += 5s; }},
    step{'9', [](world& in) { in.now += 9s; }},
};

/// @returns the first way of so many steps that leads to a difference.
std::optional<std::string> find_difference(const world& from, int steps_left,
                                           const std::string& way) {
  for (const auto& step : steps) {
    world next = from;
    step.take(next);
    const bool may_start = next.breaker.next(next.now) == next.now;
    if (next.breaker.state() != next.expected.state ||
        may_start != next.expected.may_start(next.now) ||
        next.breaker.opening().has_value() != (next.breaker.state() != breaker_state::closed))
      return way + step.name;
    if (steps_left == 1)
      continue;
    if (auto found = find_difference(next, steps_left - 1, way + step.name))
      return found;
  }
  return std::nullopt;
}

world small_world() {
  world made;
  made.breaker.configure(small);
  return made;
}

void fail(circuit_breaker& breaker, timestamp now, std::uint16_t status = 500) {
  breaker.ended(breaker.take(now), with_status(status), now);
}

}  // namespace

TEST_CASE("a breaker does in every state what its model does, whatever comes in whatever order") {
  CHECK(find_difference(small_world(), 7, "").value_or("") == "");
}

TEST_CASE("a breaker that is open does what its model does, whatever comes in whatever order") {
  auto opened = small_world();
  for (int i = 0; i < 2; ++i) {
    opened.begin();
    opened.end(500);
  }
  REQUIRE(opened.breaker.state() == breaker_state::open);
  opened.now += 5s;
  CHECK(find_difference(opened, 7, "open, then ").value_or("") == "");
}

TEST_CASE("it opens at the failure rate, and not below it") {
  for (const int failures : {9, 10}) {
    CAPTURE(failures);
    circuit_breaker breaker;
    breaker.configure({});
    for (int i = 0; i < 20 - failures; ++i)
      breaker.ended(breaker.take(start), with_status(200), start);
    for (int i = 0; i < failures; ++i)
      fail(breaker, start);
    CHECK((breaker.state() == breaker_state::open) == (failures == 10));
  }
}

TEST_CASE("too few attempts tell nothing") {
  circuit_breaker breaker;
  breaker.configure({});
  for (int i = 0; i < 19; ++i)
    fail(breaker, start);
  CHECK(breaker.state() == breaker_state::closed);
  fail(breaker, start);
  CHECK(breaker.state() == breaker_state::open);
}

TEST_CASE("failures that lie further apart than the window do not add up") {
  circuit_breaker breaker;
  breaker.configure({});
  auto now = start;
  for (int i = 0; i < 100; ++i, now += 4s)
    fail(breaker, now);
  CHECK(breaker.state() == breaker_state::closed);
}

TEST_CASE("days of outage are a few probes each half minute, and one success ends them") {
  circuit_breaker breaker;
  breaker.configure({});
  auto now = start;
  for (int i = 0; i < 20; ++i)
    fail(breaker, now);
  int probes = 0;
  while (now < start + 72h) {
    now = breaker.next(now).value();
    fail(breaker, now);
    ++probes;
  }
  CHECK(probes <= 72 * 120 * 3 + 3);
  CHECK(probes >= 72 * 120 * 3 - 3);
  CHECK(breaker.opening()->opened_at == start);
  now = breaker.next(now).value();
  CHECK(breaker.ended(breaker.take(now), with_status(204), now) == circuit_breaker::change::closed);
  CHECK(breaker.next(now) == now);
}

TEST_CASE("its reason says how many attempts failed and what the last one met") {
  circuit_breaker breaker;
  breaker.configure(small);
  fail(breaker, start);
  fail(breaker, start, 503);
  REQUIRE(breaker.opening());
  CHECK(breaker.opening()->reason ==
        "2 of 2 attempts failed within 10 s, the last with status 503");
  attempt timed_out;
  timed_out.error = attempt_error::timeout;
  for (int i = 0; i < 2; ++i)
    breaker.ended(breaker.take(start + 5s), timed_out, start + 5s);
  CHECK(breaker.opening()->reason == "2 of 2 probes failed, the last with timeout");
}

TEST_CASE("one that is restored stays open until its probe is due, and forgets its probes") {
  circuit_breaker breaker;
  breaker.configure(small);
  const breaker_opening opening{
      .opened_at = start - 1h, .next_probe_at = start + 3s, .reason = "it was so"};
  breaker.restore(opening);
  CHECK(breaker.opening() == opening);
  CHECK(breaker.next(start) == start + 3s);
  breaker.take(start + 3s);
  breaker.take(start + 3s);
  CHECK_FALSE(breaker.next(start + 3s));
}

TEST_CASE("one that is switched off closes, counts nothing and cannot be restored") {
  circuit_breaker breaker;
  breaker.configure(small);
  fail(breaker, start);
  fail(breaker, start);
  auto off = small;
  off.enabled = false;
  breaker.configure(off);
  CHECK(breaker.state() == breaker_state::closed);
  breaker.restore(breaker_opening{.opened_at = start, .next_probe_at = start + 1h, .reason = {}});
  for (int i = 0; i < 100; ++i)
    fail(breaker, start);
  CHECK(breaker.next(start) == start);
}

TEST_CASE("an opening whose probe is due looks half open") {
  const breaker_opening opening{.opened_at = start, .next_probe_at = start + 5s, .reason = {}};
  CHECK(state_of(std::nullopt, start) == breaker_state::closed);
  CHECK(state_of(opening, start + 5s - 1us) == breaker_state::open);
  CHECK(state_of(opening, start + 5s) == breaker_state::half_open);
}
