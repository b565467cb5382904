#include "bench/load/response_reader.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace talaria::load;
using state = response_reader::state;

namespace {

constexpr std::string_view accepted =
    "HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\ncontent-LENGTH: 4\r\n\r\n{\"\"}";

}  // namespace

TEST_CASE("a response that comes at once is complete") {
  response_reader reader;
  CHECK(reader.feed(accepted) == state::complete);
  CHECK(reader.status() == 202);
  CHECK_FALSE(reader.closes());
}

TEST_CASE("a response that comes byte by byte is complete with its last") {
  response_reader reader;
  for (int response = 0; response < 2; ++response) {
    for (std::size_t position = 0; position + 1 < accepted.size(); ++position)
      REQUIRE(reader.feed(accepted.substr(position, 1)) == state::incomplete);
    CHECK(reader.feed(accepted.substr(accepted.size() - 1)) == state::complete);
  }
}

TEST_CASE("a response without a length has no body") {
  response_reader reader;
  CHECK(reader.feed("HTTP/1.1 204 No Content\r\nConnection: Close\r\n\r\n") == state::complete);
  CHECK(reader.status() == 204);
  CHECK(reader.closes());
}

TEST_CASE("bytes after a response's end are malformed") {
  response_reader reader;
  CHECK(reader.feed(std::string{accepted} + "H") == state::malformed);
}

TEST_CASE("what is no response with a known length is malformed") {
  for (const auto* bytes : {"SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 abc\r\n\r\n",
                            "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
                            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"}) {
    CAPTURE(bytes);
    response_reader reader;
    CHECK(reader.feed(bytes) == state::malformed);
  }
}

TEST_CASE("a head without an end is not gathered for ever") {
  response_reader reader;
  auto read = reader.feed("HTTP/1.1 200 OK\r\n");
  for (int line = 0; line < 1000 && read == state::incomplete; ++line)
    read = reader.feed("X-Filler: 0123456789012345678901234567890123456789\r\n");
  CHECK(read == state::malformed);
}

TEST_CASE("a reset reader expects a new response") {
  response_reader reader;
  CHECK(reader.feed(accepted.substr(0, accepted.size() - 2)) == state::incomplete);
  reader.reset();
  CHECK(reader.feed(accepted) == state::complete);
}
