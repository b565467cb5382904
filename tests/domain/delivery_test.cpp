#include "domain/delivery.hpp"

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <limits>
#include <optional>
#include <vector>

using namespace talaria::domain;
using namespace std::chrono_literals;

namespace {

constexpr timestamp now{1'700'000'000s};
constexpr double no_jitter = 0.5;

constexpr std::array all_statuses{delivery_status::pending, delivery_status::delivered,
                                  delivery_status::dead, delivery_status::cancelled};

/// Three attempts in all.
const retry_schedule schedule{std::vector<retry_schedule::duration>{10s, 100s}};

delivery_progress after_attempts(std::uint32_t of_this_run, std::uint32_t in_all) {
  return {.attempts = in_all, .run_attempts = of_this_run, .due = now};
}

attempt answered(int status_code) {
  attempt made;
  made.status_code = static_cast<std::uint16_t>(status_code);
  return made;
}

attempt broken_by(attempt_error error) {
  attempt made;
  made.error = error;
  return made;
}

verdict judge_first(const attempt& made, std::optional<std::chrono::seconds> retry_after = {}) {
  return judge(after_attempts(0, 0), made, schedule, retry_after, now, no_jitter);
}

void check_retried_after(std::chrono::milliseconds delay, const verdict& decided) {
  CHECK(decided.status == delivery_status::pending);
  CHECK(decided.due == now + delay);
}

}  // namespace

TEST_CASE("every delivery status has a text that reads back, and no other text does") {
  for (const auto status : all_statuses)
    CHECK(parse_delivery_status(to_string(status)) == status);
  CHECK(to_string(delivery_status::pending) == "pending");
  CHECK(to_string(delivery_status::delivered) == "delivered");
  CHECK(to_string(delivery_status::dead) == "dead");
  CHECK(to_string(delivery_status::cancelled) == "cancelled");
  for (const auto* text : {"", "Pending", "failed", "dead "})
    CHECK_FALSE(parse_delivery_status(text));
}

TEST_CASE("a pending delivery may end in any way, and an ended one may only start again") {
  for (const auto from : all_statuses) {
    for (const auto to : all_statuses) {
      CAPTURE(to_string(from));
      CAPTURE(to_string(to));
      CHECK(is_legal(from, to) ==
            (from == delivery_status::pending || to == delivery_status::pending));
    }
  }
}

TEST_CASE("an ended delivery does not change into another ended one") {
  CHECK_FALSE(is_legal(delivery_status::delivered, delivery_status::dead));
  CHECK_FALSE(is_legal(delivery_status::dead, delivery_status::cancelled));
  CHECK_FALSE(is_legal(delivery_status::cancelled, delivery_status::delivered));
}

TEST_CASE("any 2xx delivers, at any attempt") {
  for (const int status : {200, 201, 202, 204, 206, 299}) {
    CAPTURE(status);
    CHECK(judge_first(answered(status)).status == delivery_status::delivered);
    CHECK_FALSE(judge_first(answered(status)).gone);
    CHECK(judge(after_attempts(2, 2), answered(status), schedule, {}, now, no_jitter).status ==
          delivery_status::delivered);
  }
}

TEST_CASE("a 2xx delivers although it asks to be retried") {
  CHECK(judge_first(answered(200), 60s).status == delivery_status::delivered);
}

TEST_CASE("every status that is no 2xx is tried again") {
  for (const int status : {0,   100, 199, 300, 301, 302, 304, 307, 308, 400, 401, 403,
                           404, 409, 411, 422, 429, 499, 500, 502, 503, 504, 599, 999}) {
    CAPTURE(status);
    const auto decided = judge_first(answered(status));
    check_retried_after(10s, decided);
    CHECK_FALSE(decided.gone);
  }
}

TEST_CASE("every error is tried again") {
  for (auto value = static_cast<int>(attempt_error::timeout);
       value <= static_cast<int>(attempt_error::internal); ++value) {
    CAPTURE(value);
    const auto decided = judge_first(broken_by(static_cast<attempt_error>(value)));
    check_retried_after(10s, decided);
    CHECK_FALSE(decided.gone);
  }
}

TEST_CASE("a 200 whose connection broke is tried again") {
  auto made = answered(200);
  made.error = attempt_error::reset;
  check_retried_after(10s, judge_first(made));
}

TEST_CASE("410 says that the subscription is gone, while the schedule lasts") {
  const auto decided = judge_first(answered(410));
  CHECK(decided.gone);
  check_retried_after(10s, decided);
}

TEST_CASE("410 at the last attempt ends the delivery and says that the subscription is gone") {
  const auto decided = judge(after_attempts(2, 2), answered(410), schedule, {}, now, no_jitter);
  CHECK(decided.gone);
  CHECK(decided.status == delivery_status::dead);
}

TEST_CASE("each failure moves on in the schedule, and the last one kills the delivery") {
  const auto judged_after = [](std::uint32_t attempts) {
    return judge(after_attempts(attempts, attempts), answered(500), schedule, {}, now, no_jitter);
  };
  check_retried_after(10s, judged_after(0));
  check_retried_after(100s, judged_after(1));
  CHECK(judged_after(2).status == delivery_status::dead);
  CHECK(judged_after(3).status == delivery_status::dead);
}

TEST_CASE("a run started anew has the whole schedule, whatever was tried before") {
  check_retried_after(10s,
                      judge(after_attempts(0, 1000), answered(500), schedule, {}, now, no_jitter));
  check_retried_after(100s,
                      judge(after_attempts(1, 1001), answered(500), schedule, {}, now, no_jitter));
}

TEST_CASE("a count of attempts at its largest kills the delivery") {
  constexpr auto most = std::numeric_limits<std::uint32_t>::max();
  CHECK(judge(after_attempts(most, most), answered(500), schedule, {}, now, no_jitter).status ==
        delivery_status::dead);
}

TEST_CASE("a schedule without retries kills the delivery at its first failure") {
  const retry_schedule once{std::vector<retry_schedule::duration>{}};
  CHECK(judge(after_attempts(0, 0), answered(500), once, {}, now, no_jitter).status ==
        delivery_status::dead);
}

TEST_CASE("Retry-After lengthens the wait and does not save the last attempt") {
  check_retried_after(50s, judge_first(answered(429), 50s));
  check_retried_after(100s, judge_first(answered(503), std::chrono::seconds::max()));
  CHECK(judge(after_attempts(2, 2), answered(503), schedule, 50s, now, no_jitter).status ==
        delivery_status::dead);
}

TEST_CASE("jitter spreads the due time") {
  CHECK(judge(after_attempts(0, 0), answered(500), schedule, {}, now, 0).due == now + 8s);
  CHECK(judge(after_attempts(0, 0), answered(500), schedule, {}, now, 0.75).due == now + 11s);
}
