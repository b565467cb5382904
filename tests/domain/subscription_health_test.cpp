#include "domain/subscription_health.hpp"

#include <doctest/doctest.h>

using namespace talaria::domain;
using namespace std::chrono_literals;

namespace {

constexpr timestamp start{std::chrono::microseconds{1'770'000'000'000'000}};

subscription_health failing_since(timestamp since) {
  return {.failing_since = since, .breaker = std::nullopt};
}

}  // namespace

TEST_CASE("a receiver is given up when its failure has lasted for the limit, and not before") {
  CHECK_FALSE(has_failed_too_long(failing_since(start), 120h, start + 120h - 1us));
  CHECK(has_failed_too_long(failing_since(start), 120h, start + 120h));
}

TEST_CASE("a receiver that does not fail, or whose limit is zero, is never given up") {
  CHECK_FALSE(has_failed_too_long({}, 1h, start));
  CHECK_FALSE(has_failed_too_long(failing_since(start), 0h, start + 100'000h));
}

TEST_CASE("a failure is stored when it has lasted for a minute") {
  CHECK_FALSE(is_worth_storing(failing_since(start), {}, start + 1min - 1us));
  CHECK(is_worth_storing(failing_since(start), {}, start + 1min));
}

TEST_CASE("the end of a failure is stored if its beginning was") {
  CHECK(is_worth_storing({}, failing_since(start), start + 1s));
  CHECK_FALSE(is_worth_storing({}, {}, start + 1s));
  CHECK_FALSE(is_worth_storing(failing_since(start), failing_since(start), start + 1h));
}

TEST_CASE("another failure than the one that is stored replaces it") {
  CHECK(is_worth_storing(failing_since(start + 1s), failing_since(start), start + 1s));
}

TEST_CASE("every change of the breaker is stored at once") {
  const breaker_opening opening{
      .opened_at = start, .next_probe_at = start + 30s, .reason = "it fails"};
  auto later = opening;
  later.next_probe_at += 30s;
  const subscription_health open{.failing_since = start, .breaker = opening};
  const subscription_health reopened{.failing_since = start, .breaker = later};
  CHECK(is_worth_storing(open, {}, start));
  CHECK(is_worth_storing(reopened, open, start));
  CHECK(is_worth_storing(failing_since(start), open, start));
  CHECK_FALSE(is_worth_storing(open, open, start + 1h));
}
