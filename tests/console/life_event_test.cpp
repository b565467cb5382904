#include "console/life_event.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace talaria::console;

namespace {

std::vector<life_event> read_in_pieces(const std::string& bytes, std::size_t piece) {
  std::vector<life_event> events;
  life_event_reader reader{[&](life_event event) { events.push_back(std::move(event)); }};
  for (std::size_t at = 0; at < bytes.size(); at += piece)
    reader.feed(std::string_view{bytes}.substr(at, piece));
  return events;
}

}  // namespace

TEST_CASE("events are read, in whatever pieces they come") {
  const std::string bytes =
      ": still here\n\n"
      "event: failed\nid: 7\n"
      "data: {\"path\":\"/a\",\"kind\":\"k\",\"at\":\"t1\",\"reason\":\"bad \\u001b\"}\n\n"
      "event:breaker\r\ndata:{\"path\":\"/b\",\"at\":\"t2\",\"breaker\":\"open\"}\r\n\r\n";
  for (const std::size_t piece : {1, 7, 1000}) {
    CAPTURE(piece);
    const auto events = read_in_pieces(bytes, piece);
    REQUIRE(events.size() == 2);
    CHECK(events[0].what == "failed");
    CHECK(events[0].path == "/a");
    CHECK(events[0].at == "t1");
    CHECK(events[0].detail == "bad ?");
    CHECK(events[1].what == "breaker");
    CHECK(events[1].detail == "open");
  }
}

TEST_CASE("what is no event is passed over, and the next one read") {
  const auto events = read_in_pieces(
      "data: {\"path\":\n\ndata: 7\n\n\n\nretry: 5\n\nevent: born\ndata: {\"path\":\"/a\"}\n\n", 3);
  REQUIRE(events.size() == 1);
  CHECK(events[0].what == "born");
}

TEST_CASE("an event as long as may be is read, and a longer one passed over") {
  const std::string empty = R"(data: {"path":""})";
  const auto with_path = [&](std::size_t bytes) {
    return R"(data: {"path":")" + std::string(bytes, 'p') + "\"}\n\n" +
           "data: {\"path\":\"/a\"}\n\n";
  };
  const auto room = life_event_reader::line_bytes_max - empty.size();
  CHECK(read_in_pieces(with_path(room), 1000).size() == 2);
  CHECK(read_in_pieces(with_path(room + 1), 1000).size() == 1);
}
