#include "http/body_stream.hpp"

#include "http/actor_watch.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace talaria::http::test {

TEST_CASE("what is written to a stream is taken once, in order, and wakes its connection") {
  body_stream stream;
  int woken = 0;
  stream.write("a");
  stream.attach([&] { ++woken; });
  stream.write("b");
  CHECK(woken == 1);
  CHECK(stream.take() == "ab");
  CHECK(stream.take().empty());
}

TEST_CASE("a client that falls behind by more than the bound is cut off, and not before") {
  body_stream stream;
  int woken = 0;
  stream.attach([&] { ++woken; });
  CHECK(stream.write(std::string(body_stream::bytes_waiting_max, 'x')));
  CHECK_FALSE(stream.closed());
  CHECK_FALSE(stream.write("x"));
  CHECK(stream.closed());
  CHECK(woken == 2);
}

TEST_CASE("nothing can be written for a client that is gone") {
  body_stream stream;
  stream.close();
  CHECK_FALSE(stream.write("x"));
  CHECK(stream.take().empty());
}

TEST_CASE("as many may watch as the bound says, and a place is free again when one is gone") {
  supervision::life_log lives;
  actor_watch watch(lives);
  std::vector<std::shared_ptr<body_stream>> streams;
  for (std::size_t i = 0; i < actor_watch::watchers_max; ++i) {
    streams.push_back(watch.watch(0));
    REQUIRE(streams.back());
  }
  CHECK_FALSE(watch.watch(0));
  streams.front()->close();
  while (watch.watchers() == actor_watch::watchers_max) {
    std::this_thread::yield();
  }
  CHECK(watch.watch(0));
  watch.stop();
  CHECK_FALSE(watch.watch(0));
}

TEST_CASE("who missed events is told so") {
  supervision::life_log lives(1);
  for (int i = 0; i < 3; ++i) {
    lives.write({.change = supervision::life_change::born, .at = {}, .path = "/a", .kind = "b"});
  }
  actor_watch watch(lives);
  const auto stream = watch.watch(1);
  std::string seen;
  while (seen.find("id: 3") == std::string::npos) {
    seen += stream->take();
  }
  CHECK(seen.find("event: missed") != std::string::npos);
  CHECK(seen.find("event: missed") < seen.find("id: 3"));
}

}  // namespace talaria::http::test
