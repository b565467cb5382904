#include "domain/decimal.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using talaria::domain::decimal;

TEST_CASE("numbers are equal however they are written") {
  const std::vector<std::vector<std::string_view>> values{
      {"0", "-0", "0.0", "-0.000", "0e5", "0E-400", "0.0e+99999999999999999999"},
      {"1", "1.0", "1e0", "10e-1", "0.1E1", "0.0001e+4", "100000000000000000000000e-23"},
      {"-120", "-1.2e2", "-0.12E3", "-120.00"},
      {"18446744073709551615", "18446744073709551615.0", "1.8446744073709551615e19"},
      {"1e400", "10e399", "0.1e401"}};
  for (const auto& same : values) {
    for (const auto left : same) {
      for (const auto right : same) {
        CAPTURE(left);
        CAPTURE(right);
        CHECK(decimal{left} == decimal{right});
        CHECK(decimal{left} <=> decimal{right} == std::strong_ordering::equal);
      }
    }
  }
}

TEST_CASE("each of these numbers is less than all that follow it") {
  const std::vector<std::string_view> ascending{"-1e400",
                                                "-12345678901234567890.10",
                                                "-12345678901234567890",
                                                "-9223372036854775808",
                                                "-9223372036854775807",
                                                "-2",
                                                "-1.5",
                                                "-1",
                                                "-0.1",
                                                "-1e-400",
                                                "0",
                                                "1e-400",
                                                "0.09999999999999999999999",
                                                "0.1",
                                                "0.10000000000000000000001",
                                                "0.11",
                                                "1",
                                                "9",
                                                "10",
                                                "9007199254740992",
                                                "9007199254740993",
                                                "9223372036854775807",
                                                "9223372036854775808",
                                                "12345678901234567890",
                                                "12345678901234567890.10",
                                                "12345678901234567891",
                                                "18446744073709551615",
                                                "18446744073709551615.0000000000000000000001",
                                                "18446744073709551616",
                                                "1e20",
                                                "1e400",
                                                "1e1000000"};
  for (std::size_t i = 0; i < ascending.size(); ++i) {
    for (std::size_t j = i + 1; j < ascending.size(); ++j) {
      CAPTURE(ascending[i]);
      CAPTURE(ascending[j]);
      CHECK(decimal{ascending[i]} < decimal{ascending[j]});
      CHECK(decimal{ascending[j]} > decimal{ascending[i]});
      CHECK_FALSE(decimal{ascending[i]} == decimal{ascending[j]});
    }
  }
}

TEST_CASE("digits past those kept count for one: whether any is not 0") {
  const std::string kept = "12345678901234567890";
  static_assert(decimal::digits_kept == 21);
  CHECK(decimal{kept + ".0" + std::string(100'000, '0')} == decimal{kept});
  CHECK(decimal{kept + ".0" + std::string(100'000, '0') + "1"} > decimal{kept});
}

TEST_CASE("an exponent of any length is read") {
  const std::string nines(10'000, '9');
  CHECK(decimal{"1e" + nines} > decimal{"18446744073709551615"});
  CHECK(decimal{"1e-" + nines} < decimal{"1e-300"});
  CHECK(decimal{"1e-" + nines} > decimal{"0"});
  CHECK(decimal{"-1e+" + nines} < decimal{"-9223372036854775808"});
}
