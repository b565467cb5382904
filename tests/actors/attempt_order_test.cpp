#include "actors/attempt_order.hpp"

#include <doctest/doctest.h>

#include <optional>

using namespace talaria;

TEST_CASE("an order that is dropped without a result ends as aborted") {
  std::optional<actors::attempt_result> result;
  {
    const actors::attempt_order order{
        {.subscription = {}, .event = {}, .number = 3},
        [&](actors::attempt_result made) { result = std::move(made); }};
  }
  REQUIRE(result);
  CHECK(result->attempt.error == domain::attempt_error::aborted);
  CHECK(result->attempt.number == 3);
}

TEST_CASE("only the first result of an order counts") {
  int results = 0;
  {
    actors::attempt_order order{{.subscription = {}, .event = {}, .number = 1},
                                [&](const actors::attempt_result&) { ++results; }};
    order.finish({});
    order.finish({});
  }
  CHECK(results == 1);
}
