#include "domain/event.hpp"

#include "domain/limits.hpp"

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <string>

using namespace talaria::domain;

namespace {

std::string text_of(std::string_view scalar) {
  return label_value_text(boost::json::parse({scalar.data(), scalar.size()}));
}

std::string text_of(double number) {
  return label_value_text(boost::json::value(number));
}

}  // namespace

TEST_CASE("every priority has a text that reads back, and no other text does") {
  CHECK(to_string(priority::high) == "high");
  CHECK(to_string(priority::normal) == "normal");
  CHECK(to_string(priority::low) == "low");
  for (const auto value : {priority::high, priority::normal, priority::low})
    CHECK(parse_priority(to_string(value)) == value);
  for (const auto* text : {"", "High", "urgent", "low "})
    CHECK_FALSE(parse_priority(text));
}

TEST_CASE("identifiers between full stops are an event type") {
  for (const auto* text : {"a", "user", "user.created", "user.address.changed", "User-1_x.Y",
                           "0.1.2", "-", "_", "a.b.c.d.e.f.g"}) {
    CAPTURE(text);
    CHECK(is_event_type(text));
  }
}

TEST_CASE("an empty identifier, or a character outside [A-Za-z0-9_-.], is no event type") {
  for (const std::string text : {"", ".", "..", ".user", "user.", "user..created", "*", "user.*",
                                 "user created", "user/created", "user:created", "us\xC3\xA9r",
                                 "user\n", " user", "a@b", "a[b", "a`b", "a{b"}) {
    CAPTURE(text);
    CHECK_FALSE(is_event_type(text));
  }
  CHECK_FALSE(is_event_type(std::string_view{"a\0b", 3}));
}

TEST_CASE("an event type has at most 128 bytes") {
  CHECK(is_event_type(std::string(limits::event_type_bytes_max, 'a')));
  CHECK_FALSE(is_event_type(std::string(limits::event_type_bytes_max + 1, 'a')));
}

TEST_CASE("a pattern is an event type, a prefix ending in .*, or *") {
  for (const auto* text : {"*", "user", "user.created", "user.*", "user.address.*"}) {
    CAPTURE(text);
    CHECK(is_event_type_pattern(text));
  }
  for (const auto* text : {"", "**", "*.*", ".*", "user*", "user.c*", "*.created", "user.*.changed",
                           "user..*", "user.**", "user.*.*", "user. *"}) {
    CAPTURE(text);
    CHECK_FALSE(is_event_type_pattern(text));
  }
}

TEST_CASE("a pattern's prefix is as long as an event type may be, and no longer") {
  CHECK(is_event_type_pattern(std::string(limits::event_type_bytes_max, 'a') + ".*"));
  CHECK_FALSE(is_event_type_pattern(std::string(limits::event_type_bytes_max + 1, 'a') + ".*"));
}

TEST_CASE("* matches every event type") {
  CHECK(matches("*", "user"));
  CHECK(matches("*", "user.address.changed"));
}

TEST_CASE("an exact pattern matches that type alone, case and all") {
  CHECK(matches("user.created", "user.created"));
  CHECK_FALSE(matches("user.created", "user"));
  CHECK_FALSE(matches("user.created", "user.created.twice"));
  CHECK_FALSE(matches("user.created", "User.created"));
}

TEST_CASE("a prefix matches the types below it at any depth, not the prefix itself") {
  CHECK(matches("user.*", "user.created"));
  CHECK(matches("user.*", "user.address.changed"));
  CHECK(matches("user.address.*", "user.address.changed"));
  CHECK_FALSE(matches("user.*", "user"));
  CHECK_FALSE(matches("user.*", "users.created"));
  CHECK_FALSE(matches("user.*", "admin.user.created"));
  CHECK_FALSE(matches("user.address.*", "user.created"));
}

TEST_CASE("a label's text is JSON that tells types apart") {
  CHECK(text_of("\"eu\"") == "\"eu\"");
  CHECK(text_of("1") == "1");
  CHECK(text_of("\"1\"") == "\"1\"");
  CHECK(text_of("true") == "true");
  CHECK(text_of("\"true\"") == "\"true\"");
  CHECK(text_of("false") == "false");
}

TEST_CASE("a character and its escape are the same label") {
  CHECK(text_of(R"("\u0041")") == text_of(R"("A")"));
  CHECK(text_of(R"("\/")") == text_of(R"("/")"));
  CHECK(text_of(R"("\u00e9")") == text_of("\"\xC3\xA9\""));
  CHECK(text_of(R"("\ud83d\ude00")") == text_of("\"\xF0\x9F\x98\x80\""));
  CHECK(text_of(R"("\u000a")") == text_of(R"("\n")"));
}

TEST_CASE("a number's spelling does not matter to its label") {
  for (const auto* spelling : {"1", "1.0", "1.00", "1e0", "10e-1", "0.1E1"}) {
    CAPTURE(spelling);
    CHECK(text_of(spelling) == "1");
  }
  for (const auto* spelling : {"0", "-0", "0.0", "-0.0", "0e5"}) {
    CAPTURE(spelling);
    CHECK(text_of(spelling) == "0");
  }
  for (const auto* spelling : {"0.5", "5e-1", "0.50"}) {
    CAPTURE(spelling);
    CHECK(text_of(spelling) == "0.5");
  }
  CHECK(text_of("-2.0") == "-2");
}

TEST_CASE("an integer is the same label with a decimal point, up to the largest of 64 bits") {
  CHECK(text_of("123456789012345.0") == text_of("123456789012345"));
  CHECK(text_of(9007199254740991.0) == text_of("9007199254740991"));
  CHECK(text_of(9007199254740992.0) == text_of("9007199254740992"));
  CHECK(text_of("1e16") == text_of("10000000000000000"));
  CHECK(text_of("1e18") == text_of("1000000000000000000"));
  CHECK(text_of("-1e18") == text_of("-1000000000000000000"));
  CHECK(text_of("1e19") == text_of("10000000000000000000"));
  CHECK(text_of(-std::exp2(63)) == "-9223372036854775808");
  CHECK(text_of(std::exp2(63)) == "9223372036854775808");
}

TEST_CASE("integers of 64 bits keep every digit") {
  for (const auto* text : {"9007199254740993", "9223372036854775807", "-9223372036854775808",
                           "18446744073709551615"}) {
    CAPTURE(text);
    CHECK(text_of(text) == text);
  }
}

TEST_CASE("a number no double holds is an infinite label, whose text is still JSON") {
  const auto text = text_of("1e400");
  CHECK(text == text_of("1e999"));
  CHECK(text != text_of("-1e400"));
  CHECK(text_of(text) == text);
  CHECK(text_of(text_of("-1e400")) == text_of("-1e400"));
}

TEST_CASE("a label's text reads back as itself, for every double (seed 1)") {
  std::mt19937_64 random{1};
  const auto check = [](double number) {
    const auto text = text_of(number);
    CAPTURE(text);
    REQUIRE(text_of(std::string_view{text}) == text);
  };
  std::uniform_real_distribution<double> usual{-1e6, 1e6};
  for (int i = 0; i < 50'000; ++i) {
    check(usual(random));
    if (const auto any = std::bit_cast<double>(random()); std::isfinite(any))
      check(any);
    // Subnormal numbers: every bit of the exponent is zero.
    check(std::bit_cast<double>(random() & 0x000FFFFFFFFFFFFFULL));
    // The largest magnitudes, where rounding up would overflow.
    check(std::bit_cast<double>(0x7FE0000000000000ULL | (random() & 0x000FFFFFFFFFFFFFULL)));
    check(std::ldexp(usual(random), 53));
  }
  check(std::numeric_limits<double>::max());
  check(std::numeric_limits<double>::lowest());
  check(std::numeric_limits<double>::min());
  check(std::numeric_limits<double>::denorm_min());
  check(std::exp2(64));
  check(std::nextafter(std::exp2(64), 0));
  check(std::nextafter(-std::exp2(63), -1e300));
}

TEST_CASE("numbers that differ within 15 digits are different labels") {
  CHECK(text_of("0.123456789012345") != text_of("0.123456789012346"));
  CHECK(text_of("123456789.012345") != text_of("123456789.012346"));
  CHECK(text_of("0.1") != text_of("0.2"));
}

TEST_CASE("labels are written as a JSON object in their order") {
  CHECK(to_json(labels{}) == "{}");
  CHECK(to_json(labels{{"b", "1"}, {"a", "\"x\""}, {"c", "true"}}) ==
        R"({"b":1,"a":"x","c":true})");
}

TEST_CASE("a label's name is escaped when written") {
  CHECK(to_json(labels{{"a\"b\\c", "1"}}) == R"({"a\"b\\c":1})");
}

TEST_CASE("labels read back as they were written, in order and with every kind of value") {
  const labels written{{"z", "1"},
                       {"region", "\"eu\""},
                       {"", "\"\""},
                       {"quote\"", text_of(R"("a\"\\\u0001\u0000b")")},
                       {"caf\xC3\xA9", text_of(R"("\u00e9")")},
                       {"vip", "true"},
                       {"rate", text_of("0.25")},
                       {"third", text_of("0.3333333333333333")},
                       {"big", "18446744073709551615"},
                       {"huge", text_of("1e300")},
                       {"endless", text_of("1e400")}};
  CHECK(parse_labels(to_json(written)) == written);
}

TEST_CASE("no labels read back as none") {
  CHECK(parse_labels("{}").empty());
}

TEST_CASE("labels with random numbers read back as they were written (seed 2)") {
  std::mt19937_64 random{2};
  std::uniform_real_distribution<double> numbers{0, 1000};
  for (int i = 0; i < 5000; ++i) {
    const labels written{{"n", text_of(numbers(random))}};
    REQUIRE(parse_labels(to_json(written)) == written);
  }
}
