#include "tests/domain/subscription_json.hpp"

#include <limits>
#include <string>
#include <vector>

using namespace talaria::domain;
using namespace talaria::domain::test;
using namespace std::chrono_literals;

namespace {

using delays = std::vector<retry_schedule::duration>;

/// A valid exponential schedule with one member's text replaced, or left out when it is empty.
std::string exponential_with(std::string_view changed, std::string_view value) {
  std::string text = "{";
  for (const auto& [name, usual] :
       {std::pair{"strategy", "\"exponential\""}, std::pair{"base_ms", "1000"},
        std::pair{"factor", "2"}, std::pair{"max_ms", "60000"}, std::pair{"max_attempts", "5"}}) {
    const auto chosen = changed == name ? value : std::string_view{usual};
    if (!chosen.empty())
      text += fmt::format(R"({}"{}":{})", text.size() > 1 ? "," : "", name, chosen);
  }
  return text + "}";
}

std::string delays_of(std::size_t count) {
  std::string text = R"({"delays_ms":[)";
  for (std::size_t i = 0; i < count; ++i)
    text += i == 0 ? "1" : ",1";
  return text + "]}";
}

}  // namespace

TEST_CASE("a retry schedule may be a list of delays") {
  CHECK(accepted("retry", R"({"delays_ms":[1,5000,2592000000]})").retry.delays() ==
        delays{1ms, 5s, limits::retry_delay_max});
}

TEST_CASE("an empty list of delays is a schedule of one attempt") {
  CHECK(accepted("retry", R"({"delays_ms":[]})").retry.delays().empty());
}

TEST_CASE("a list of delays has at most 50 entries") {
  CHECK(accepted("retry", delays_of(limits::retry_delays_max)).retry.delays().size() ==
        limits::retry_delays_max);
  check_refused("retry", delays_of(limits::retry_delays_max + 1), ec::invalid_value,
                "/retry/delays_ms");
}

TEST_CASE("a delay is from 1 ms to 30 days") {
  for (const auto* delay : {"0", "-1", "2592000001", "1.5", "1e300", "9223372036854775808"})
    check_refused("retry", fmt::format(R"({{"delays_ms":[1,{}]}})", delay), ec::invalid_value,
                  "/retry/delays_ms/1");
}

TEST_CASE("delays of another type are refused where they stand") {
  for (const auto* value : {"5", "\"5\"", "null", "{}"})
    check_refused("retry", fmt::format(R"({{"delays_ms":{}}})", value), ec::wrong_type,
                  "/retry/delays_ms");
  for (const auto* delay : {"\"5\"", "null", "[]"})
    check_refused("retry", fmt::format(R"({{"delays_ms":[1,{}]}})", delay), ec::wrong_type,
                  "/retry/delays_ms/1");
}

TEST_CASE("a retry schedule may be exponential") {
  const auto retry = accepted("retry", exponential_with("", "")).retry;
  CHECK(retry.delays() == delays{1s, 2s, 4s, 8s});
  REQUIRE(retry.form());
  CHECK(*retry.form() ==
        retry_schedule::exponential{.base = 1s, .factor = 2, .max = 60s, .attempts_max = 5});
}

TEST_CASE("an exponential schedule lacks none of its members") {
  for (const auto* name : {"strategy", "base_ms", "factor", "max_ms", "max_attempts"})
    check_refused("retry", exponential_with(name, ""), ec::missing_field,
                  fmt::format("/retry/{}", name));
}

TEST_CASE("an exponential schedule's members have their types") {
  for (const auto* name : {"base_ms", "factor", "max_ms", "max_attempts"}) {
    for (const auto* value : {"\"1\"", "null", "[]", "true"})
      check_refused("retry", exponential_with(name, value), ec::wrong_type,
                    fmt::format("/retry/{}", name));
  }
  check_refused("retry", exponential_with("strategy", "1"), ec::wrong_type, "/retry/strategy");
}

TEST_CASE("exponential is the only strategy") {
  for (const auto* value : {"\"linear\"", "\"\"", "\"Exponential\""})
    check_refused("retry", exponential_with("strategy", value), ec::invalid_value,
                  "/retry/strategy");
}

TEST_CASE("an exponential schedule's base is from 1 ms to its longest delay") {
  CHECK(accepted("retry", exponential_with("base_ms", "1")).retry.delays().front() == 1ms);
  CHECK(accepted("retry", exponential_with("base_ms", "60000")).retry.delays() ==
        delays{1min, 1min, 1min, 1min});
  check_refused("retry", exponential_with("base_ms", "0"), ec::invalid_value, "/retry/base_ms");
  check_refused("retry", exponential_with("base_ms", "60001"), ec::invalid_value, "/retry/max_ms");
  check_refused("retry", exponential_with("base_ms", "2592000001"), ec::invalid_value,
                "/retry/base_ms");
}

TEST_CASE("an exponential schedule's longest delay is at most 30 days") {
  CHECK(accepted("retry", exponential_with("max_ms", "2592000000")).retry.form()->max ==
        limits::retry_delay_max);
  CHECK(accepted("retry", exponential_with("max_ms", "1000")).retry.form()->max == 1s);
  for (const auto* value : {"999", "2592000001", "-1"})
    check_refused("retry", exponential_with("max_ms", value), ec::invalid_value, "/retry/max_ms");
}

TEST_CASE("an exponential schedule's factor is from 1 to 100") {
  for (const auto* value : {"1", "1.0", "1.5", "100"})
    CHECK(accepted("retry", exponential_with("factor", value)).retry.delays().size() == 4);
  for (const auto* value : {"0.999", "100.001", "0", "-2", "1e400", "18446744073709551615"})
    check_refused("retry", exponential_with("factor", value), ec::invalid_value, "/retry/factor");
}

TEST_CASE("an exponential schedule makes from 1 to 51 attempts") {
  CHECK(accepted("retry", exponential_with("max_attempts", "1")).retry.delays().empty());
  CHECK(accepted("retry", exponential_with("max_attempts", "51")).retry.delays().size() ==
        limits::retry_delays_max);
  for (const auto* value : {"0", "52", "-1", "1.5", "4294967297"})
    check_refused("retry", exponential_with("max_attempts", value), ec::invalid_value,
                  "/retry/max_attempts");
}

TEST_CASE("the two forms of a schedule exclude each other") {
  check_refused("retry", R"({"delays_ms":[1],"factor":2})", ec::unknown_field, "/retry/factor");
  check_refused("retry", R"({"strategy":"exponential","delays_ms":[1]})", ec::unknown_field,
                "/retry/strategy");
}

TEST_CASE("a retry schedule has no other members, and their names are escaped in the pointer") {
  check_refused("retry", R"({"jitter":1})", ec::unknown_field, "/retry/jitter");
  check_refused("retry", R"({"delays_ms":[1],"a/~b":2})", ec::unknown_field, "/retry/a~1~0b");
}

TEST_CASE("a retry schedule of another type is refused") {
  for (const auto* value : {"null", "[1,2]", "5", "\"exponential\""})
    check_refused("retry", value, ec::wrong_type);
  check_refused("retry", "{}", ec::missing_field, "/retry/strategy");
}
