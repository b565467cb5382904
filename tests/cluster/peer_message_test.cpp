#include "cluster/envelope.hpp"
#include "cluster/limits.hpp"
#include "cluster/peer_message_codec.hpp"

#include <caf/all.hpp>
#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>
#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <vector>

using namespace talaria;
using namespace talaria::cluster;

namespace {

domain::uuid some_uuid(std::uint8_t first) {
  domain::uuid made;
  for (std::size_t i = 0; i < made.bytes.size(); ++i)
    made.bytes.at(i) = static_cast<std::uint8_t>(first + i);
  return made;
}

std::vector<peer_message> one_of_each() {
  return {
      deliveries_due{{1, -1, std::numeric_limits<std::int64_t>::max()}},
      delivery_cancelled{.subscription = 17, .event = {some_uuid(1)}},
      catalog_changed{.revision = 42},
      shards_moved{},
      usage{{{.organization = {some_uuid(2)}, .requests = 3, .events = ~std::uint64_t{0}},
             {.organization = {some_uuid(9)}, .requests = 0, .events = 1}}},
      question{.id = 5, .text = "actors?kind=subscription"},
      answer{.id = 5, .status = 200, .body = std::string("{\0}", 3)},
  };
}

std::string bytes_of(const peer_message& message) {
  const auto bytes = encode(message);
  REQUIRE(bytes);
  return *bytes;
}

bool survives(const peer_message& message) {
  return decode_peer_message(bytes_of(message)) == message;
}

undecodable refusal_of(std::string_view bytes) {
  const auto read = decode_peer_message(bytes);
  REQUIRE_FALSE(read);
  return read.error();
}

}  // namespace

TEST_CASE("every message survives its way") {
  for (const auto& message : one_of_each()) {
    CAPTURE(message.index());
    CHECK(survives(message));
  }
}

TEST_CASE("the bytes of a message are what they were when the format was made") {
  CHECK(bytes_of(catalog_changed{.revision = 0x0102}) ==
        std::string("\x03\x00\x02\x01\x00\x00\x00\x00\x00\x00", 10));
  CHECK(bytes_of(deliveries_due{{7}}) ==
        std::string("\x01\x00\x01\x00\x00\x00\x07\x00\x00\x00\x00\x00\x00\x00", 14));
  CHECK(bytes_of(shards_moved{}) == std::string("\x04\x00", 2));
}

TEST_CASE("a message that ends within a field is refused, wherever it ends") {
  for (const auto& message : one_of_each()) {
    const auto bytes = bytes_of(message);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      CAPTURE(message.index());
      CAPTURE(size);
      CHECK(refusal_of(bytes.substr(0, size)) == undecodable::truncated);
    }
  }
}

TEST_CASE("fields that a later version has added are ignored") {
  for (const auto& message : one_of_each()) {
    CAPTURE(message.index());
    CHECK(decode_peer_message(bytes_of(message) + "added later") == message);
  }
}

TEST_CASE("fields that a later version has added to a row are ignored") {
  const usage message{{{.organization = {some_uuid(2)}, .requests = 3, .events = 4},
                       {.organization = {some_uuid(3)}, .requests = 5, .events = 6}}};
  const auto bytes = bytes_of(message);
  const std::string head = bytes.substr(0, 6);
  const std::string longer_rows("\x24\x00", 2);
  const auto later = head + longer_rows + bytes.substr(8, 32) + "more" + bytes.substr(40) + "more";
  CHECK(decode_peer_message(later) == peer_message{message});
}

TEST_CASE("a kind that is not known is told from a message that is damaged") {
  CHECK(refusal_of(std::string("\x08\x00", 2)) == undecodable::unknown_kind);
  CHECK(refusal_of(std::string("\x00\x00", 2)) == undecodable::unknown_kind);
  CHECK(refusal_of("\xff\xff whatever") == undecodable::unknown_kind);
}

TEST_CASE("lists and texts are taken at their limits, and refused one past them") {
  deliveries_due due;
  due.subscriptions.assign(cluster::limits::due_subscriptions_max, 1);
  CHECK(survives(due));
  due.subscriptions.push_back(1);
  CHECK_FALSE(encode(due));

  usage counted;
  counted.rows.resize(cluster::limits::usage_rows_max);
  CHECK(survives(counted));
  counted.rows.emplace_back();
  CHECK_FALSE(encode(counted));

  question asked{.id = 1, .text = std::string(cluster::limits::question_bytes_max, 'x')};
  CHECK(survives(asked));
  asked.text += 'x';
  CHECK_FALSE(encode(asked));

  answer given{.id = 1, .status = 200, .body = std::string(cluster::limits::answer_bytes_max, 'x')};
  CHECK(survives(given));
  CHECK(bytes_of(given).size() <= cluster::limits::message_bytes_max);
  given.body += 'x';
  CHECK_FALSE(encode(given));
}

TEST_CASE("a message that says it holds more than its limit is refused before it is read") {
  CHECK(refusal_of(std::string("\x01\x00\x01\x10\x00\x00", 6)) == undecodable::too_large);
  CHECK(refusal_of(std::string("\x01\x00\xff\xff\xff\xff", 6)) == undecodable::too_large);
  CHECK(refusal_of(std::string("\x05\x00\x01\x04\x00\x00\x20\x00", 8)) == undecodable::too_large);
  CHECK(refusal_of(std::string("\x05\x00\x01\x00\x00\x00\x00\x00", 8)) == undecodable::truncated);
  const std::string id(8, '\0');
  const std::string too_long("\x01\x00\x01\x00", 4);
  CHECK(refusal_of(std::string("\x06\x00", 2) + id + too_long + std::string(65'537, 'x')) ==
        undecodable::too_large);
}

TEST_CASE("the envelope's bytes on the wire are what they were when it was made") {
  caf::actor_system_config config;
  caf::actor_system system{config};
  std::vector<char> wire;
  caf::binary_serializer sink{system, wire};
  envelope sent{.protocol = 0x0102, .bytes = "abc"};
  REQUIRE_FALSE(sink(sent));
  CHECK(std::string(wire.begin(), wire.end()) ==
        "\x01\x02\x03"
        "abc");
  caf::binary_deserializer source{system, wire};
  envelope received;
  REQUIRE_FALSE(source(received));
  CHECK(received.protocol == sent.protocol);
  CHECK(received.bytes == sent.bytes);
}
