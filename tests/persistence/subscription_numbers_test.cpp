#include "persistence/sqlite/subscription_numbers.hpp"

#include "persistence/sqlite/connection.hpp"

#include <doctest/doctest.h>

namespace talaria::persistence::sqlite {

TEST_CASE("the numbers of a fan-out come back from their JSON") {
  const auto back = [](std::vector<std::uint32_t> numbers) {
    std::vector<delivery_target> fan_out;
    for (const auto number : numbers)
      fan_out.push_back({subscription_number{number}, {}});
    const auto json = to_json(fan_out);
    std::vector<std::uint32_t> read;
    for (const auto number : parse_subscription_numbers(json))
      read.push_back(domain::to_integer(number));
    CHECK(read == numbers);
    return json;
  };
  CHECK(back({}) == "[]");
  CHECK(back({1}) == "[1]");
  CHECK(back({1, 22, domain::subscription_number_max}) == "[1,22,268435455]");
}

TEST_CASE("text that is no array of numbers is not read as a fan-out") {
  for (const auto* text :
       {"", "[", "[a]", "[1,]", "[1 2]", "[1", "1]", "[-1]", "[4294967296]", "[]x"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(parse_subscription_numbers(text), unreadable_row);
  }
}

}  // namespace talaria::persistence::sqlite
