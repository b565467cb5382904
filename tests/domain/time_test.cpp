#include "domain/time.hpp"

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <random>
#include <string>

using namespace talaria::domain;
using namespace std::chrono;

namespace {

constexpr timestamp at(int years, unsigned months, unsigned days_of_month,
                       microseconds in_day = microseconds{0}) {
  return timestamp{sys_days{year{years} / month{months} / day{days_of_month}}} + in_day;
}

constexpr timestamp noon = at(2026, 1, 31, 12h);
constexpr timestamp last_time = at(9999, 12, 31, 24h - 1us);

}  // namespace

TEST_CASE("a time is written in UTC with six decimals") {
  CHECK(to_rfc3339(noon) == "2026-01-31T12:00:00.000000Z");
  CHECK(to_rfc3339(noon + 1us) == "2026-01-31T12:00:00.000001Z");
  CHECK(to_rfc3339(timestamp{}) == "1970-01-01T00:00:00.000000Z");
  CHECK(to_rfc3339(last_time) == "9999-12-31T23:59:59.999999Z");
}

TEST_CASE("a time before 1970 is still written as a date") {
  CHECK(to_rfc3339(timestamp{-1us}) == "1969-12-31T23:59:59.999999Z");
}

TEST_CASE("what is written reads back, from 1970 to 9999 (seed 1)") {
  std::mt19937_64 random{1};
  std::uniform_int_distribution<std::int64_t> any{0, last_time.time_since_epoch().count()};
  for (int i = 0; i < 2000; ++i) {
    const timestamp time{microseconds{any(random)}};
    REQUIRE(parse_rfc3339(to_rfc3339(time)) == time);
  }
  CHECK(parse_rfc3339(to_rfc3339(timestamp{})) == timestamp{});
  CHECK(parse_rfc3339(to_rfc3339(last_time)) == last_time);
}

TEST_CASE("a time's letters may be lower case and its T a space") {
  for (const auto* text :
       {"2026-01-31T12:00:00Z", "2026-01-31t12:00:00z", "2026-01-31 12:00:00Z"}) {
    CAPTURE(text);
    CHECK(parse_rfc3339(text) == noon);
  }
}

TEST_CASE("an offset is taken off the time") {
  CHECK(parse_rfc3339("2026-01-31T13:30:00+01:30") == noon);
  CHECK(parse_rfc3339("2026-01-31T10:30:00-01:30") == noon);
  CHECK(parse_rfc3339("2026-01-31T12:00:00+00:00") == noon);
  CHECK(parse_rfc3339("2026-01-31T12:00:00-00:00") == noon);
  CHECK(parse_rfc3339("2026-02-01T11:59:00+23:59") == noon);
  CHECK(parse_rfc3339("2026-01-30T12:01:00-23:59") == noon);
}

TEST_CASE("an offset of 24 hours, of 60 minutes, or of another form is refused") {
  for (const auto* offset : {"+24:00", "-24:00", "+00:60", "+0100", "+01", "+1:00", "+01:0", "+",
                             "", "UTC", "ZZ", "Z ", "+01:00 ", "+-1:00"}) {
    CAPTURE(offset);
    CHECK_FALSE(parse_rfc3339(std::string{"2026-01-31T12:00:00"} + offset));
  }
}

TEST_CASE("any number of decimals is read, and those past the sixth are dropped") {
  CHECK(parse_rfc3339("2026-01-31T12:00:00.5Z") == noon + 500ms);
  CHECK(parse_rfc3339("2026-01-31T12:00:00.000001Z") == noon + 1us);
  CHECK(parse_rfc3339("2026-01-31T12:00:00.0000019Z") == noon + 1us);
  CHECK(parse_rfc3339("2026-01-31T12:00:00." + std::string(1000, '9') + "Z") == noon + 999999us);
}

TEST_CASE("a point without a decimal, or a comma for the point, is refused") {
  CHECK_FALSE(parse_rfc3339("2026-01-31T12:00:00.Z"));
  CHECK_FALSE(parse_rfc3339("2026-01-31T12:00:00,5Z"));
  CHECK_FALSE(parse_rfc3339("2026-01-31T12:00:00.5.5Z"));
  CHECK_FALSE(parse_rfc3339("2026-01-31T12:00:00.-5Z"));
}

TEST_CASE("the largest value of each part is read and one more is refused") {
  CHECK(parse_rfc3339("2026-12-31T23:59:59Z") == at(2026, 12, 31, 23h + 59min + 59s));
  CHECK_FALSE(parse_rfc3339("2026-13-31T23:59:59Z"));
  CHECK_FALSE(parse_rfc3339("2026-12-32T23:59:59Z"));
  CHECK_FALSE(parse_rfc3339("2026-12-31T24:00:00Z"));
  CHECK_FALSE(parse_rfc3339("2026-12-31T23:60:59Z"));
  CHECK_FALSE(parse_rfc3339("2026-12-31T23:59:61Z"));
  CHECK_FALSE(parse_rfc3339("2026-00-31T23:59:59Z"));
  CHECK_FALSE(parse_rfc3339("2026-12-00T23:59:59Z"));
}

TEST_CASE("a leap second counts as the first second of the next minute") {
  CHECK(parse_rfc3339("2016-12-31T23:59:60Z") == at(2017, 1, 1));
}

TEST_CASE("29 February is read in leap years only") {
  CHECK(parse_rfc3339("2024-02-29T00:00:00Z") == at(2024, 2, 29));
  CHECK(parse_rfc3339("2000-02-29T00:00:00Z") == at(2000, 2, 29));
  CHECK_FALSE(parse_rfc3339("2026-02-29T00:00:00Z"));
  CHECK_FALSE(parse_rfc3339("2100-02-29T00:00:00Z"));
}

TEST_CASE("the first and the last microsecond of 1970 to 9999 are read and those beyond refused") {
  CHECK(parse_rfc3339("1970-01-01T00:00:00Z") == timestamp{});
  CHECK_FALSE(parse_rfc3339("1969-12-31T23:59:59.999999Z"));
  CHECK(parse_rfc3339("9999-12-31T23:59:59.999999Z") == last_time);
  CHECK_FALSE(parse_rfc3339("9999-12-31T23:59:60Z"));
  CHECK_FALSE(parse_rfc3339("10000-01-01T00:00:00Z"));
}

TEST_CASE("the range of years is that of the time in UTC, not of the local time") {
  CHECK(parse_rfc3339("1969-12-31T23:00:00-01:00") == timestamp{});
  CHECK_FALSE(parse_rfc3339("1969-12-31T22:59:59-01:00"));
  CHECK_FALSE(parse_rfc3339("1970-01-01T00:59:59+01:00"));
  CHECK(parse_rfc3339("9999-12-31T22:59:59.999999-01:00") == last_time);
  CHECK_FALSE(parse_rfc3339("9999-12-31T23:00:00-01:00"));
}

TEST_CASE("a text cut anywhere, or with something before or after it, is no time") {
  const std::string text = "2026-01-31T12:00:00.000001+01:00";
  for (std::size_t length = 0; length < text.size(); ++length) {
    CAPTURE(length);
    CHECK_FALSE(parse_rfc3339(text.substr(0, length)));
  }
  CHECK_FALSE(parse_rfc3339(" " + text));
  CHECK_FALSE(parse_rfc3339(text + "Z"));
  CHECK_FALSE(parse_rfc3339(text + std::string(1, '\0')));
}

TEST_CASE("other ways to write a date are no RFC 3339") {
  for (const auto* text :
       {"2026-01-31", "2026-01-31T12:00Z", "20260131T120000Z", "26-01-31T12:00:00Z",
        "2026-1-31T12:00:00Z", "2026/01/31T12:00:00Z", "2026-01-31_12:00:00Z",
        "+2026-01-31T12:00:00Z", "-026-01-31T12:00:00Z", "1769860800"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_rfc3339(text));
  }
}

TEST_CASE("an HTTP date is read") {
  CHECK(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT") == at(1994, 11, 6, 8h + 49min + 37s));
  CHECK(parse_http_date("Thu, 01 Jan 1970 00:00:00 GMT") == timestamp{});
  CHECK(parse_http_date("Fri, 31 Dec 9999 23:59:59 GMT") == at(9999, 12, 31, 24h - 1s));
}

TEST_CASE("every month of an HTTP date is known") {
  const std::array<const char*, 12> names{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  for (unsigned i = 0; i < names.size(); ++i) {
    CAPTURE(names[i]);
    CHECK(parse_http_date(std::string{"Mon, 02 "} + names[i] + " 2026 00:00:00 GMT") ==
          at(2026, i + 1, 2));
  }
}

TEST_CASE("an HTTP date out of range, in another zone or in an obsolete format is refused") {
  for (const auto* text : {"", "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 Nov 1994 08:49:37 +00",
                           "Sun, 6 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
                           "Sun Nov  6 08:49:37 1994", "Sun, 06 nov 1994 08:49:37 GMT",
                           "Sun, 06 Xxx 1994 08:49:37 GMT", "Sun, 31 Nov 1994 08:49:37 GMT",
                           "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
                           "Sun, 06 Nov 1994 08:60:37 GMT", "Sun, 06 Nov 1994 08:49:61 GMT",
                           "Wed, 31 Dec 1969 23:59:59 GMT", "Fri, 31 Dec 9999 23:59:60 GMT",
                           "Sun, 06 Nov 1994 08:49:37 GMT ", "Sun; 06 Nov 1994 08:49:37 GMT",
                           "Sun, 06 Nov 1994 08:49:37 gmt", "Sun, 06 Nov 19 4 08:49:37 GMT"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_http_date(text));
  }
}
