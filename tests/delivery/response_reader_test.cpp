#include "delivery/response_reader.hpp"

#include "domain/limits.hpp"

#include <doctest/doctest.h>

#include <string>

namespace talaria::delivery {

using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

const std::string unknown = "\xEF\xBF\xBD";

std::string repeated(const std::string& text, std::size_t times) {
  std::string all;
  for (std::size_t count = 0; count < times; ++count)
    all += text;
  return all;
}

domain::timestamp at(const char* text) {
  return domain::parse_rfc3339(text).value();
}

}  // namespace

TEST_CASE("an excerpt keeps valid text and replaces NULs and bytes that are not UTF-8") {
  CHECK(response_excerpt("") == "");
  CHECK(response_excerpt("plain\r\n\t") == "plain\r\n\t");
  CHECK(response_excerpt("ä€😀") == "ä€😀");
  CHECK(response_excerpt("a\0b"s) == "a" + unknown + "b");
  CHECK(response_excerpt("\x80") == unknown);
  CHECK(response_excerpt("a\xFF\xFE") == "a" + unknown + unknown);
  CHECK(response_excerpt("\xC3") == unknown);
  CHECK(response_excerpt("\xC3z") == unknown + "z");
  CHECK(response_excerpt("\xE2\x82") == unknown + unknown);
  CHECK(response_excerpt("\xF0\x9F\x98") == unknown + unknown + unknown);
}

TEST_CASE("an excerpt has no overlong forms, no surrogates and nothing past U+10FFFF") {
  for (const char* bytes :
       {"\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xED\xBF\xBF",
        "\xF0\x80\x80\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80"}) {
    CAPTURE(bytes);
    CHECK(response_excerpt(bytes) == repeated(unknown, std::string(bytes).size()));
  }
  for (const std::string bytes : {"\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF",
                                  "\xEE\x80\x80", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    CAPTURE(bytes);
    CHECK(response_excerpt(bytes) == bytes);
  }
}

TEST_CASE("an excerpt counts characters, not bytes") {
  constexpr auto most = domain::limits::response_body_characters_kept;
  CHECK(response_excerpt(std::string(most, 'a')) == std::string(most, 'a'));
  CHECK(response_excerpt(std::string(most + 1, 'a')) == std::string(most, 'a'));
  CHECK(response_excerpt(repeated("😀", most + 1)) == repeated("😀", most));
  CHECK(response_excerpt(std::string(most + 1, '\xFF')) == repeated(unknown, most));
}

TEST_CASE("Retry-After is taken as seconds or as a date, within bounds") {
  const auto now = at("2026-01-31T12:00:00.5Z");
  const auto most =
      std::chrono::duration_cast<std::chrono::seconds>(domain::limits::retry_delay_max);
  CHECK(parse_retry_after("0", now) == 0s);
  CHECK(parse_retry_after("120", now) == 120s);
  CHECK(parse_retry_after("1000000000000", now) == most);
  CHECK(parse_retry_after(std::string(60, '9'), now) == most);
  CHECK(parse_retry_after("Sat, 31 Jan 2026 12:01:00 GMT", now) == 60s);
  CHECK(parse_retry_after("Sat, 31 Jan 2026 11:00:00 GMT", now) == 0s);
  CHECK(parse_retry_after("Fri, 31 Dec 9999 23:59:59 GMT", now) == most);
  for (const char* text : {"", "-1", "+1", "1.5", "1e12", "soon", "12 s", "0x10", "Sat, 31 Jan"}) {
    CAPTURE(text);
    CHECK(parse_retry_after(text, now) == std::nullopt);
  }
}

TEST_CASE("a reader keeps what is wanted of an answer") {
  response_reader reader(1000, 1000);
  CHECK(reader.take_header_line("HTTP/1.1 429 Too Many Requests\r\n"));
  CHECK(reader.take_header_line("retry-AFTER:  30 \r\n"));
  CHECK(reader.take_body("hel"));
  CHECK(reader.take_body("lo"));
  CHECK(reader.excerpt() == "hello");
  CHECK(reader.retry_after(at("2026-01-31T12:00:00Z")) == 30s);

  reader.clear();
  CHECK(reader.excerpt() == "");
  CHECK(reader.retry_after(at("2026-01-31T12:00:00Z")) == std::nullopt);
}

TEST_CASE("the Retry-After of a 1xx answer is not that of the answer") {
  response_reader reader(1000, 1000);
  reader.take_header_line("HTTP/1.1 103 Early Hints\r\n");
  reader.take_header_line("Retry-After: 30\r\n");
  reader.take_header_line("HTTP/1.1 503 Service Unavailable\r\n");
  CHECK(reader.retry_after(at("2026-01-31T12:00:00Z")) == std::nullopt);
}

TEST_CASE("headers are complete with the empty line after the last status line") {
  response_reader reader(1000, 1000);
  reader.take_header_line("HTTP/1.1 100 Continue\r\n");
  CHECK_FALSE(reader.headers_complete());
  reader.take_header_line("\r\n");
  CHECK(reader.headers_complete());
  reader.take_header_line("HTTP/1.1 200 OK\r\n");
  CHECK_FALSE(reader.headers_complete());
  reader.take_header_line("\r\n");
  CHECK(reader.headers_complete());
  reader.take_header_line("X-Trailer: a\r\n");
  CHECK(reader.headers_complete());
  reader.clear();
  CHECK_FALSE(reader.headers_complete());
}

TEST_CASE("limits hold to the byte") {
  response_reader reader(10, 20);
  CHECK(reader.take_header_line("12345\r\n"));
  CHECK(reader.take_header_line("8\r\n"));
  CHECK_FALSE(reader.headers_too_large());
  CHECK_FALSE(reader.take_header_line("x"));
  CHECK(reader.headers_too_large());
  CHECK(reader.take_body(std::string(20, 'a')));
  CHECK_FALSE(reader.body_cut());
  CHECK_FALSE(reader.take_body("a"));
  CHECK(reader.body_cut());
}

TEST_CASE("an endless body costs the memory of its excerpt") {
  response_reader reader(10, 1'000'000);
  for (int part = 0; part < 1000; ++part)
    reader.take_body(std::string(4096, 'a'));
  CHECK(reader.excerpt().size() == domain::limits::response_body_characters_kept);
}

}  // namespace talaria::delivery
