#include "domain/attempt.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace talaria::domain;

TEST_CASE("every attempt error has a text of its own that reads back") {
  for (auto value = static_cast<int>(attempt_error::none);
       value <= static_cast<int>(attempt_error::internal); ++value) {
    const auto error = static_cast<attempt_error>(value);
    CAPTURE(value);
    CHECK(parse_attempt_error(to_string(error)) == error);
  }
}

TEST_CASE("the attempt errors that clients are promised keep their texts") {
  CHECK(to_string(attempt_error::timeout) == "timeout");
  CHECK(to_string(attempt_error::dns) == "dns");
  CHECK(to_string(attempt_error::connect) == "connect");
  CHECK(to_string(attempt_error::tls) == "tls");
  CHECK(to_string(attempt_error::reset) == "reset");
  CHECK(to_string(attempt_error::blocked_address) == "blocked_address");
}

TEST_CASE("a text that names no attempt error is refused") {
  for (const auto* text : {"", "Timeout", "time", "timeout "}) {
    CAPTURE(text);
    CHECK_FALSE(parse_attempt_error(text));
  }
}

TEST_CASE("an attempt succeeded when its status is from 200 to 299") {
  for (const int status : {200, 201, 204, 299}) {
    CAPTURE(status);
    CHECK(attempt{.started_at = {},
                  .status_code = static_cast<std::uint16_t>(status),
                  .response_body = {},
                  .node = {}}
              .succeeded());
  }
  for (const int status : {0, 100, 199, 300, 301, 400, 410, 429, 500, 503, 599, 999}) {
    CAPTURE(status);
    CHECK_FALSE(attempt{
        .started_at = {},
        .status_code = static_cast<std::uint16_t>(status),
        .response_body = {},
        .node = {}}.succeeded());
  }
}

TEST_CASE("an attempt with an error failed, even when its status line said 200") {
  attempt made;
  made.status_code = 200;
  made.error = attempt_error::reset;
  CHECK_FALSE(made.succeeded());
}
