#include "domain/trace_context.hpp"

#include "domain/event.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>

namespace {

using namespace talaria::domain;

/// The specification's example.
constexpr auto example = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

std::string members(int count) {
  std::string text;
  for (int i = 0; i < count; ++i)
    text += fmt::format("{}k{}=v", i == 0 ? "" : ",", i);
  return text;
}

}  // namespace

TEST_CASE("a traceparent is read and written as the specification's example") {
  const auto read = parse_traceparent(example);
  REQUIRE(read);
  CHECK(to_string(read->trace) == "4bf92f3577b34da6a3ce929d0e0e4736");
  CHECK(read->parent == span_id{0x00, 0xf0, 0x67, 0xaa, 0x0b, 0xa9, 0x02, 0xb7});
  CHECK(read->flags == 1);
  CHECK(to_traceparent(read->trace, read->parent, read->flags) == example);
}

TEST_CASE("flags that the specification does not know are not passed on") {
  CHECK(parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00")->flags == 0);
  CHECK(parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-03")->flags == 3);
  CHECK(parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-ff")->flags == 3);
}

TEST_CASE("a later version is read by what it shares with this one") {
  const std::string shared = "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  CHECK(parse_traceparent("cc-" + shared) == parse_traceparent(example));
  CHECK(parse_traceparent("cc-" + shared + "-what-the-future-brings") ==
        parse_traceparent(example));
  CHECK_FALSE(parse_traceparent("cc-" + shared + ".what-the-future-brings"));
  CHECK_FALSE(parse_traceparent("ff-" + shared));
}

TEST_CASE("an invalid traceparent is none") {
  for (const auto* text : {
           "",
           "00",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
           "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
           "0g-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
           "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7_01",
           "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902bg-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g",
           "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
           " 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
       }) {
    CAPTURE(text);
    CHECK_FALSE(parse_traceparent(text));
  }
}

TEST_CASE("a tracestate is passed on as it came") {
  for (const auto* text : {
           "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE",
           "rojo=00f067aa0ba902b7 ,\t congo=t61rcWkgMzE",
           "fw529a3039@dt=FfJeZxA,a=b,,c=d",
           "0_-*/=!~ #x",
       }) {
    CAPTURE(text);
    CHECK(accept_tracestate(text) == text);
  }
}

TEST_CASE("an invalid tracestate is none") {
  for (const auto& text : std::initializer_list<std::string>{
           "", " , ", "key", "=value", "key=", "Key=value", "_key=value", "k\xc3\xa9y=value",
           "key=va=lue", "key=valu\xc3\xa9", "key=line\r\nbreak", std::string{"key=\0", 5},
           "key=1,key=2", "a@b@c=1"}) {
    CAPTURE(text);
    CHECK(accept_tracestate(text).empty());
  }
}

TEST_CASE("a tracestate has 32 members at the most, each with a bounded name and value") {
  CHECK(accept_tracestate(members(32)) == members(32));
  CHECK(accept_tracestate(members(33)).empty());
  const std::string key(256, 'k');
  CHECK(accept_tracestate(key + "=v") == key + "=v");
  CHECK(accept_tracestate(key + "k=v").empty());
  const std::string value(256, 'v');
  CHECK(accept_tracestate("k=" + value) == "k=" + value);
  CHECK(accept_tracestate("k=" + value + "v").empty());
}

TEST_CASE("a tracestate of 512 bytes is passed on, a longer one without its last members") {
  const auto member = [](char key, std::size_t bytes) {
    return std::string{key, '='} + std::string(bytes - 2, 'v');
  };
  // Four of 127 bytes and three commas are 511.
  const auto four =
      member('a', 127) + ',' + member('b', 127) + ',' + member('c', 127) + ',' + member('d', 128);
  REQUIRE(four.size() == limits::tracestate_bytes_max);
  CHECK(accept_tracestate(four) == four);
  const auto longer = four + "v";
  CHECK(accept_tracestate(member('z', 10) + ',' + four) ==
        member('z', 10) + ',' + four.substr(0, 127 * 3 + 2));
  // One byte more makes the last one large.
  CHECK(accept_tracestate(longer) == four.substr(0, 127 * 3 + 2));
}

TEST_CASE("of a tracestate that is too long the large members go first") {
  const std::string large = "large=" + std::string(250, 'v');
  const std::string small = "small=" + std::string(100, 'v');
  CHECK(accept_tracestate(large + "," + small + ",x=" + std::string(250, 'v') + ",last=1") ==
        large + "," + small + ",last=1");
}

TEST_CASE("the deliveries of an event without a trace are one by the event's id") {
  event submitted;
  submitted.id = {{{1, 2, 3}}};
  CHECK(trace_of(submitted) == submitted.id.value.bytes);
  submitted.trace = parse_traceparent(example);
  CHECK(to_string(trace_of(submitted)) == "4bf92f3577b34da6a3ce929d0e0e4736");
}
