#include "bench/store/postgresql_server.hpp"

#include "bench/store/binary_array.hpp"

#include <doctest/doctest.h>

using namespace talaria::bench;

TEST_CASE("a server's URL gets another database, and keeps everything else") {
  struct example {
    std::string url;
    std::string changed;
    std::string former;
  };
  for (const auto& [url, changed, former] : {
           example{"postgresql:///postgres?host=/tmp/a/b&user=talaria",
                   "postgresql:///other?host=/tmp/a/b&user=talaria", "postgres"},
           example{"postgresql://user:secret@host:5433/first",
                   "postgresql://user:secret@host:5433/other", "first"},
           example{"postgresql://host", "postgresql://host/other", ""},
           example{"postgresql://host/", "postgresql://host/other", ""},
           example{"postgresql://?host=/tmp/a", "postgresql:///other?host=/tmp/a", ""},
           example{"postgresql://host?sslrootcert=/a/b", "postgresql://host/other?sslrootcert=/a/b",
                   ""},
       }) {
    CAPTURE(url);
    CHECK(with_database(url, "other") == changed);
    CHECK(database_of(url) == former);
    CHECK(database_of(changed) == "other");
  }
}

TEST_CASE("an array in the binary format says its type, its size, and each element's") {
  binary_array array{element_type::bytea, 2};
  array.add("ab");
  array.add("");
  const std::string expected{
      "\0\0\0\1"
      "\0\0\0\0"
      "\0\0\0\x11"
      "\0\0\0\2"
      "\0\0\0\1"
      "\0\0\0\2"
      "ab"
      "\0\0\0\0",
      30};
  CHECK(std::move(array).take() == expected);
  CHECK(to_binary(std::int64_t{-2}) == "\xff\xff\xff\xff\xff\xff\xff\xfe");
}
