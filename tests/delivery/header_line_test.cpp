#include "delivery/header_line.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace talaria::delivery {

TEST_CASE("a header line falls into name and value") {
  CHECK(header_name("x-a: b: c") == "x-a");
  CHECK(header_value("x-a:  b: c \r\n") == "b: c");
  CHECK(header_value("x-a:") == "");
  CHECK(header_value("x-a: \t\r\n") == "");
  CHECK(header_name("no colon") == "");
  CHECK(header_name(": no name") == "");
}

TEST_CASE("names are equal in either case of their letters") {
  CHECK(is_same_header_name("Retry-After", "retry-AFTER"));
  CHECK_FALSE(is_same_header_name("retry-after", "retry-afte"));
  CHECK_FALSE(is_same_header_name("retry-after", "retry_after"));
}

TEST_CASE("every control byte makes a line unsafe, wherever it stands") {
  for (int byte = 0; byte < 256; ++byte) {
    CAPTURE(byte);
    const bool control = byte < 0x20 || byte == 0x7f;
    const std::string character(1, static_cast<char>(byte));
    CHECK(is_safe_header_line("x-a: b" + character + "c") == !control);
    if (control)
      CHECK_FALSE(is_safe_header_line("x" + character + "a: b"));
  }
}

TEST_CASE("names are tokens") {
  CHECK(is_safe_header_line("!#$%&'*+-.^_`|~09azAZ: b"));
  for (const char* line : {"", ":", ": b", "a", "a b: c", " a: b", "a : b", "a(b): c", "a;",
                           "\"a\": b", "a/b: c", "\xC3\xA4: b"}) {
    CAPTURE(line);
    CHECK_FALSE(is_safe_header_line(line));
  }
}

TEST_CASE("headers that frame a request are not ours to give") {
  for (const char* line :
       {"host: a", "HOST: a", "Content-Length: 1", "transfer-encoding: chunked",
        "Connection: close", "Expect: 100-continue", "te: trailers", "upgrade: h2c"}) {
    CAPTURE(line);
    CHECK_FALSE(is_safe_header_line(line));
  }
  CHECK(is_safe_header_line("hosts: a"));
  CHECK(is_safe_header_line("content-type: application/json"));
}

}  // namespace talaria::delivery
