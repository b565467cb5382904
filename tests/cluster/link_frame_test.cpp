#include "cluster/link_frame.hpp"

#include "cluster/limits.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace talaria::cluster;

namespace {

nonce some_nonce(std::uint8_t filled_with) {
  nonce made;
  made.fill(filled_with);
  return made;
}

std::vector<link_frame> one_of_each() {
  const introduction who{.incarnation = "a1", .name = "north", .protocols = {1, 3}};
  return {
      greeting{.challenge = some_nonce(1), .from = who, .to_incarnation = "b2"},
      greeting_answered{.greeted = some_nonce(1),
                        .challenge = some_nonce(2),
                        .from = who,
                        .proven = some_nonce(3)},
      greeting_proven{.greeted = some_nonce(2), .proven = some_nonce(4)},
      greeting_refused{.greeted = some_nonce(1), .reason = refusal::wrong_secret},
      carried{.session = 7, .sequence = 1, .message = std::string("\4\0", 2)},
      acknowledged{.session = 7, .sequence = 1},
      session_ended{.session = 7},
  };
}

}  // namespace

TEST_CASE("every frame survives its way, and what a later version has added") {
  for (const auto& frame : one_of_each()) {
    CAPTURE(frame.index());
    CHECK(decode_frame(encode_frame(frame)) == frame);
    CHECK(decode_frame(encode_frame(frame) + "added later") == frame);
  }
}

TEST_CASE("a frame that ends within a field is refused, wherever it ends") {
  for (const auto& frame : one_of_each()) {
    const auto bytes = encode_frame(frame);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const auto read = decode_frame(std::string_view{bytes}.substr(0, size));
      CAPTURE(frame.index());
      CAPTURE(size);
      REQUIRE_FALSE(read);
      CHECK(read.error() == undecodable::truncated);
    }
  }
}

TEST_CASE("a kind of frame that is not known is told from damage") {
  const auto read = decode_frame(std::string("\x08\x00", 2));
  REQUIRE_FALSE(read);
  CHECK(read.error() == undecodable::unknown_kind);
}

TEST_CASE("names are taken at their limit, and refused one past it") {
  greeting frame{.challenge = some_nonce(1),
                 .from = {.incarnation = "a1",
                          .name = std::string(talaria::cluster::limits::name_bytes_max, 'n')},
                 .to_incarnation = "b2"};
  CHECK(decode_frame(encode_frame(frame)) == link_frame{frame});
  frame.from.name += 'n';
  const auto read = decode_frame(encode_frame(frame));
  REQUIRE_FALSE(read);
  CHECK(read.error() == undecodable::too_large);
}
