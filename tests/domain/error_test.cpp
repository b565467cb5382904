#include "domain/error.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string_view>

using namespace talaria::domain;

TEST_CASE("every error code has a text of its own") {
  std::set<std::string_view> texts;
  constexpr int codes = static_cast<int>(ec::schema_newer) + 1;
  for (int code = 0; code < codes; ++code)
    texts.insert(to_string(static_cast<ec>(code)));
  CHECK(texts.size() == codes);
  CHECK_FALSE(texts.contains("unknown"));
}

TEST_CASE("a failure carries its code, its detail and its field") {
  const result<int> failed = fail(ec::too_large, "a URL has at most 2048 bytes", "/url");
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code == ec::too_large);
  CHECK(failed.error().detail == "a URL has at most 2048 bytes");
  CHECK(failed.error().field == "/url");
}
