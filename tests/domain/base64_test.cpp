#include "domain/base64.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>

using namespace talaria::domain;

TEST_CASE("base64 is that of RFC 4648, section 10, both ways") {
  for (const auto& [bytes, text] : {std::pair{"", ""},
                                    {"f", "Zg=="},
                                    {"fo", "Zm8="},
                                    {"foo", "Zm9v"},
                                    {"foob", "Zm9vYg=="},
                                    {"fooba", "Zm9vYmE="},
                                    {"foobar", "Zm9vYmFy"}}) {
    CHECK(to_base64(bytes) == text);
    CHECK(from_base64(text) == bytes);
  }
}

TEST_CASE("bytes have one text: anything else is refused") {
  for (const auto* text : {"Z", "Zg", "Zg=", "Zg===", "====", "=", "Zh==", "Zm9=", "Z g=", " Zg==",
                           "Zg==\n", "Zm9v\n", "Zm9-", "Zm9_", "Zg==Zg==", "Zm9v===="}) {
    CAPTURE(text);
    CHECK_FALSE(from_base64(text));
  }
  CHECK_FALSE(from_base64(std::string("Zm\0v", 4)));
}
