#include "console/text.hpp"

#include <doctest/doctest.h>

using namespace talaria::console;
using namespace std::chrono_literals;

TEST_CASE("what is printable stays, and every other character is one question mark") {
  CHECK(printable(" ~azAZ09/-_") == " ~azAZ09/-_");
  CHECK(printable("a\x1b[2Jb") == "a?[2Jb");
  CHECK(printable("\x7f\x1f\r\n\t") == "?????");
  CHECK(printable("\xC3\xA9\xE6\xBC\xA2\xF0\x9F\x98\x80") == "???");
  CHECK(printable("\xC2\x9B"
                  "31m") == "?31m");
}

TEST_CASE("a text is cut only if it is longer than the width") {
  CHECK(cut_end("abcd", 4) == "abcd");
  CHECK(cut_end("abcd", 3) == "ab~");
  CHECK(cut_end("abcd", 1) == "~");
  CHECK(cut_end("abcd", 0).empty());
  CHECK(cut_start("abcd", 4) == "abcd");
  CHECK(cut_start("abcd", 3) == "~cd");
  CHECK(cut_start("abcd", 1) == "~");
  CHECK(cut_start("abcd", 0).empty());
}

TEST_CASE("a count is exact up to five digits, and never longer than five characters") {
  CHECK(compact(std::uint64_t{0}) == "0");
  CHECK(compact(std::uint64_t{99'999}) == "99999");
  CHECK(compact(std::uint64_t{100'000}) == "100K");
  CHECK(compact(std::uint64_t{999'499}) == "999K");
  CHECK(compact(std::uint64_t{999'500}) == "1.0M");
  CHECK(compact(std::uint64_t{9'949'999}) == "9.9M");
  CHECK(compact(std::uint64_t{9'950'000}) == "10M");
  CHECK(compact(std::uint64_t{12'300'000'000}) == "12G");
  CHECK(compact(~std::uint64_t{0}) == "18E");
}

TEST_CASE("a rate has a decimal while that tells something") {
  CHECK(compact(0.0) == "0");
  CHECK(compact(0.049) == "0");
  CHECK(compact(0.051) == "0.1");
  CHECK(compact(99.94) == "99.9");
  CHECK(compact(99.96) == "100");
  CHECK(compact(99'999.4) == "99999");
  CHECK(compact(99'999.6) == "100K");
}

TEST_CASE("a duration is shown in its two greatest units") {
  CHECK(compact(0ms) == "0s");
  CHECK(compact(59'999ms) == "59s");
  CHECK(compact(60s) == "1m00s");
  CHECK(compact(3599s) == "59m59s");
  CHECK(compact(3600s) == "1h00m");
  CHECK(compact(24h - 1s) == "23h59m");
  CHECK(compact(24h) == "1d00h");
  CHECK(compact(100 * 24h - 1s) == "99d23h");
  CHECK(compact(100 * 24h) == "100d");
}
