#include "bench/load/event_payload.hpp"

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

using namespace talaria::load;

TEST_CASE("a payload is a JSON object of exactly the size wanted") {
  for (const std::size_t bytes :
       {payload_bytes_min, payload_bytes_min + 1, std::size_t{300}, std::size_t{1'000},
        std::size_t{10'000}, std::size_t{256 * 1024}}) {
    CAPTURE(bytes);
    const auto payload = make_payload(bytes);
    CHECK(payload.size() == bytes);
    CHECK(boost::json::parse(payload).is_object());
  }
}

TEST_CASE("a stamp is read as it was put, and changes nothing else") {
  auto payload = make_payload(300);
  const auto size = payload.size();
  const event_stamp stamp{.sequence = 0x0123'4567'89ab'cdef,
                          .submitted = std::chrono::steady_clock::now()};
  put_stamp(payload.data(), stamp);
  const auto read = read_stamp(payload);
  REQUIRE(read);
  CHECK(read->sequence == stamp.sequence);
  CHECK(read->submitted == stamp.submitted);
  CHECK(payload.size() == size);
  CHECK(boost::json::parse(payload).is_object());
}

TEST_CASE("a payload of someone else has no stamp") {
  CHECK_FALSE(read_stamp(""));
  CHECK_FALSE(read_stamp(R"({"sequence":"0000000000000000"})"));
  CHECK_FALSE(read_stamp(std::string(300, 'x')));
  auto spoiled = make_payload(300);
  spoiled[20] = 'x';
  CHECK_FALSE(read_stamp(spoiled));
}
