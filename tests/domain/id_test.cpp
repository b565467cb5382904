#include "domain/id.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <random>
#include <string>
#include <unordered_set>

using namespace talaria::domain;
using namespace std::chrono_literals;

namespace {

// The UUIDv7 of RFC 9562, appendix A.6.
constexpr std::string_view rfc_text = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";
constexpr std::string_view max_text = "ffffffff-ffff-ffff-ffff-ffffffffffff";
constexpr timestamp rfc_time{1645557742000ms};

constexpr std::uint64_t all_bits = std::numeric_limits<std::uint64_t>::max();

int version_of(const uuid& value) {
  return value.bytes[6] >> 4U;
}

int variant_of(const uuid& value) {
  return value.bytes[8] >> 6U;
}

int counter_of(const uuid& value) {
  return (value.bytes[6] & 0x0F) * 256 + value.bytes[7];
}

}  // namespace

TEST_CASE("a UUID's text reads back as the same UUID") {
  const auto value = parse_uuid(rfc_text);
  REQUIRE(value);
  CHECK(to_string(*value) == rfc_text);
  CHECK(to_string(*parse_uuid(max_text)) == max_text);
  CHECK(to_string(uuid{}) == "00000000-0000-0000-0000-000000000000");
}

TEST_CASE("a UUID is read from upper-case digits and written in lower case") {
  const auto value = parse_uuid("017F22E2-79B0-7CC3-98C4-DC0C0C07398F");
  REQUIRE(value);
  CHECK(to_string(*value) == rfc_text);
}

TEST_CASE("random UUIDs survive their text (seed 1)") {
  std::mt19937_64 random{1};
  for (int i = 0; i < 1000; ++i) {
    uuid value;
    std::generate(value.bytes.begin(), value.bytes.end(),
                  [&] { return static_cast<std::uint8_t>(random()); });
    REQUIRE(parse_uuid(to_string(value)) == value);
  }
}

TEST_CASE("a text of any length but 36 is no UUID") {
  const std::string text{rfc_text};
  for (std::size_t length = 0; length < text.size(); ++length)
    CHECK_FALSE(parse_uuid(text.substr(0, length)));
  CHECK_FALSE(parse_uuid(text + "0"));
  CHECK_FALSE(parse_uuid("{" + text + "}"));
}

TEST_CASE("a text with one character spoilt is no UUID, whichever it is") {
  for (std::size_t i = 0; i < rfc_text.size(); ++i) {
    for (const char spoilt : {'g', 'G', '/', ':', '@', '`', ' ', '\0', '\xE9'}) {
      std::string text{rfc_text};
      text[i] = spoilt;
      CAPTURE(text);
      CHECK_FALSE(parse_uuid(text));
    }
  }
}

TEST_CASE("a text with a digit for a dash, or a dash for a digit, is no UUID") {
  for (std::size_t i = 0; i < rfc_text.size(); ++i) {
    std::string text{rfc_text};
    text[i] = text[i] == '-' ? '0' : '-';
    CAPTURE(text);
    CHECK_FALSE(parse_uuid(text));
  }
}

TEST_CASE("UUIDs are ordered as their texts are (seed 2)") {
  std::mt19937_64 random{2};
  const auto draw = [&] {
    uuid value;
    // Few distinct bytes, so that long equal prefixes occur.
    for (auto& byte : value.bytes)
      byte = random() % 2 == 0 ? 0x00 : 0xFF;
    return value;
  };
  for (int i = 0; i < 1000; ++i) {
    const auto left = draw();
    const auto right = draw();
    REQUIRE((left < right) == (to_string(left) < to_string(right)));
  }
}

TEST_CASE("a UUIDv7 tells its time") {
  CHECK(time_of(*parse_uuid(rfc_text)) == rfc_time);
}

TEST_CASE("the first UUID at a time is below every id of its millisecond and above all before it") {
  uuid_sequence earlier;
  uuid_sequence later;
  const auto before = earlier.next(rfc_time - 1us, all_bits);
  const auto after = later.next(rfc_time, 0);
  CHECK(before < first_uuid_at(rfc_time));
  CHECK_FALSE(after < first_uuid_at(rfc_time));
  CHECK(time_of(first_uuid_at(rfc_time)) == rfc_time);
  CHECK(version_of(first_uuid_at(rfc_time)) == 7);
  CHECK(variant_of(first_uuid_at(rfc_time)) == 0b10);
}

TEST_CASE("the first UUID at a time before 1970 is the first of all") {
  CHECK(first_uuid_at(timestamp{-1us}) == first_uuid_at(timestamp{}));
  CHECK(time_of(first_uuid_at(timestamp{-5s})) == timestamp{});
}

TEST_CASE("a sequence makes UUIDs of version 7 and the RFC's variant that carry the time") {
  uuid_sequence sequence;
  for (const auto random : {std::uint64_t{0}, all_bits}) {
    const auto value = sequence.next(rfc_time + 999us, random);
    CHECK(version_of(value) == 7);
    CHECK(variant_of(value) == 0b10);
    CHECK(time_of(value) == rfc_time);
  }
}

TEST_CASE("the counter starts in the lower half of its range, whatever the random bits") {
  for (const auto random : {std::uint64_t{0}, all_bits}) {
    uuid_sequence sequence;
    CHECK(counter_of(sequence.next(rfc_time, random)) < 0x800);
  }
}

TEST_CASE("ids rise strictly while the clock stands still for more than 4,096 ids (seed 3)") {
  std::mt19937_64 random{3};
  uuid_sequence sequence;
  auto last = sequence.next(rfc_time, random());
  for (int i = 0; i < 20'000; ++i) {
    const auto next = sequence.next(rfc_time, random());
    REQUIRE(last < next);
    REQUIRE(version_of(next) == 7);
    REQUIRE(variant_of(next) == 0b10);
    last = next;
  }
  CHECK(time_of(last) > rfc_time);
  CHECK(time_of(last) <= rfc_time + 6ms);
}

TEST_CASE("an exhausted counter moves on to the next millisecond, at the 4,097th id of one") {
  uuid_sequence sequence;
  for (int i = 0; i < 0x1000; ++i) {
    const auto id = sequence.next(rfc_time, 0);
    REQUIRE(time_of(id) == rfc_time);
    REQUIRE(counter_of(id) == i);
  }
  const auto next = sequence.next(rfc_time, 0);
  CHECK(time_of(next) == rfc_time + 1ms);
  CHECK(counter_of(next) == 0);
}

TEST_CASE("ids rise strictly when the clock catches up with a millisecond borrowed from it") {
  uuid_sequence sequence;
  uuid last;
  for (int i = 0; i <= 0x1000; ++i)
    last = sequence.next(rfc_time, all_bits);
  for (const auto now : {rfc_time + 1ms, rfc_time + 1ms, rfc_time + 2ms, rfc_time + 3ms}) {
    const auto next = sequence.next(now, 0);
    CHECK(last < next);
    last = next;
  }
}

TEST_CASE("ids rise strictly over a clock that jumps back and forth (seed 4)") {
  std::mt19937_64 random{4};
  uuid_sequence sequence;
  auto now = rfc_time;
  auto last = sequence.next(now, random());
  for (int i = 0; i < 100'000; ++i) {
    now += std::chrono::microseconds{static_cast<std::int64_t>(random() % 20'001) - 10'000};
    const auto next = sequence.next(now, random());
    REQUIRE(last < next);
    last = next;
  }
}

TEST_CASE("ids keep the latest time seen when the clock steps back by an hour") {
  uuid_sequence sequence;
  const auto before = sequence.next(rfc_time, 0);
  const auto after = sequence.next(rfc_time - 1h, 0);
  CHECK(before < after);
  CHECK(time_of(after) == rfc_time);
}

TEST_CASE("ids rise strictly when the clock is before 1970") {
  uuid_sequence sequence;
  const auto first = sequence.next(timestamp{-1h}, 0);
  const auto second = sequence.next(timestamp{-1h}, 0);
  CHECK(first < second);
  CHECK(time_of(first) == timestamp{});
}

TEST_CASE("event ids rise strictly and leave their lowest 28 bits zero (seed 5)") {
  std::mt19937_64 random{5};
  uuid_sequence sequence;
  auto last = sequence.next_event_id(rfc_time, random());
  for (int i = 0; i < 10'000; ++i) {
    const auto next = sequence.next_event_id(rfc_time, random());
    REQUIRE(last < next);
    REQUIRE((next.value.bytes[12] & 0x0F) == 0);
    REQUIRE(next.value.bytes[13] == 0);
    REQUIRE(next.value.bytes[14] == 0);
    REQUIRE(next.value.bytes[15] == 0);
    last = next;
  }
}

TEST_CASE("event ids of two sequences differ though their clocks agree (seed 6)") {
  std::mt19937_64 random{6};
  std::unordered_set<event_id> seen;
  uuid_sequence left;
  uuid_sequence right;
  for (int i = 0; i < 1000; ++i) {
    CHECK(seen.insert(left.next_event_id(rfc_time, random())).second);
    CHECK(seen.insert(right.next_event_id(rfc_time, random())).second);
  }
}

TEST_CASE("a delivery's id names its event and its subscription, from number 1 to the largest") {
  uuid_sequence sequence;
  const auto event = sequence.next_event_id(rfc_time, all_bits);
  for (const auto number : {1U, 2U, 255U, 256U, 65'535U, 65'536U, (1U << 24U) - 1, 1U << 24U,
                            subscription_number_max}) {
    const delivery_id id{event, subscription_number{number}};
    CAPTURE(number);
    CHECK(to_delivery_id(to_uuid(id)) == id);
    CHECK(parse_delivery_id(to_string(id)) == id);
  }
}

TEST_CASE("a delivery's id is a UUIDv7 of its event's time") {
  uuid_sequence sequence;
  const auto event = sequence.next_event_id(rfc_time, all_bits);
  const auto id = to_uuid({event, subscription_number{subscription_number_max}});
  CHECK(version_of(id) == 7);
  CHECK(variant_of(id) == 0b10);
  CHECK(time_of(id) == rfc_time);
}

TEST_CASE("a delivery's text shows its event's digits before its subscription's") {
  const event_id event{*parse_uuid("017f22e2-79b0-7cc3-98c4-dc0c00000000")};
  CHECK(to_string(delivery_id{event, subscription_number{0x0ABCDEF}}) ==
        "017f22e2-79b0-7cc3-98c4-dc0c00abcdef");
}

TEST_CASE("random delivery ids survive their text and are ordered as it is (seed 7)") {
  std::mt19937_64 random{7};
  uuid_sequence sequence;
  const auto draw = [&] {
    return delivery_id{
        sequence.next_event_id(rfc_time, random()),
        subscription_number{1 + static_cast<std::uint32_t>(random()) % subscription_number_max}};
  };
  auto last = draw();
  for (int i = 0; i < 1000; ++i) {
    const auto id = draw();
    REQUIRE(parse_delivery_id(to_string(id)) == id);
    REQUIRE((last < id) == (to_string(last) < to_string(id)));
    last = id;
  }
}

TEST_CASE("an event's id is no delivery's id: it names subscription 0") {
  uuid_sequence sequence;
  const auto event = sequence.next_event_id(rfc_time, all_bits);
  CHECK_FALSE(to_delivery_id(event.value));
  CHECK_FALSE(parse_delivery_id(to_string(event)));
}

TEST_CASE("a text that is no UUID is no delivery's id") {
  CHECK_FALSE(parse_delivery_id(""));
  CHECK_FALSE(parse_delivery_id("017f22e2-79b0-7cc3-98c4-dc0c0000000"));
}

TEST_CASE("equal ids hash alike, and consecutive ones differently (seed 8)") {
  std::mt19937_64 random{8};
  uuid_sequence sequence;
  std::unordered_set<std::size_t> hashes;
  constexpr int ids = 10'000;
  for (int i = 0; i < ids; ++i) {
    const delivery_id id{sequence.next_event_id(rfc_time, random()), subscription_number{1}};
    const delivery_id same = *parse_delivery_id(to_string(id));
    REQUIRE(std::hash<delivery_id>{}(id) == std::hash<delivery_id>{}(same));
    hashes.insert(std::hash<delivery_id>{}(id));
  }
  CHECK(hashes.size() > ids * 99 / 100);
}
