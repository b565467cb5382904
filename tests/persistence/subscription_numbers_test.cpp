#include "persistence/sql/subscription_numbers.hpp"

#include "persistence/sql/connection.hpp"

#include <doctest/doctest.h>

namespace talaria::persistence::sql {

TEST_CASE("a list of numbers comes back from its text") {
  for (const auto around : {brackets{'[', ']'}, brackets{'{', '}'}}) {
    const auto back = [&](std::vector<std::uint32_t> numbers) {
      std::vector<subscription_number> written;
      for (const auto number : numbers)
        written.push_back(subscription_number{number});
      auto text = write_subscription_numbers(written, around);
      CHECK(parse_subscription_numbers(text, around) == written);
      return text.substr(1, text.size() - 2);
    };
    CHECK(back({}) == "");
    CHECK(back({1}) == "1");
    CHECK(back({1, 22, domain::subscription_number_max}) == "1,22,268435455");
  }
}

TEST_CASE("text that is no list of numbers is not read as one") {
  for (const auto* text :
       {"", "[", "[a]", "[1,]", "[1 2]", "[1", "1]", "[-1]", "[4294967296]", "[]x", "{1}"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(parse_subscription_numbers(text, {}), unreadable_row);
  }
}

}  // namespace talaria::persistence::sql
