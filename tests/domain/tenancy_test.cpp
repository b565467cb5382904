#include "domain/tenancy.hpp"

#include <doctest/doctest.h>

#include <array>
#include <initializer_list>

using namespace talaria::domain;

namespace {

constexpr std::array all_scopes{scope::ingest, scope::read, scope::manage, scope::admin};

api_key key_with(std::initializer_list<scope> scopes) {
  api_key key;
  for (const auto one : scopes)
    key.scopes = static_cast<std::uint8_t>(key.scopes | static_cast<std::uint8_t>(one));
  return key;
}

}  // namespace

TEST_CASE("a key without a scope allows nothing") {
  for (const auto wanted : all_scopes)
    CHECK_FALSE(key_with({}).allows(wanted));
}

TEST_CASE("a key with the ingest scope allows to ingest only") {
  const auto key = key_with({scope::ingest});
  CHECK(key.allows(scope::ingest));
  CHECK_FALSE(key.allows(scope::read));
  CHECK_FALSE(key.allows(scope::manage));
  CHECK_FALSE(key.allows(scope::admin));
}

TEST_CASE("a key with the read scope allows to read only") {
  const auto key = key_with({scope::read});
  CHECK_FALSE(key.allows(scope::ingest));
  CHECK(key.allows(scope::read));
  CHECK_FALSE(key.allows(scope::manage));
  CHECK_FALSE(key.allows(scope::admin));
}

TEST_CASE("a key with the manage scope allows to read as well, not to ingest") {
  const auto key = key_with({scope::manage});
  CHECK_FALSE(key.allows(scope::ingest));
  CHECK(key.allows(scope::read));
  CHECK(key.allows(scope::manage));
  CHECK_FALSE(key.allows(scope::admin));
}

TEST_CASE("a key with the admin scope allows everything") {
  for (const auto wanted : all_scopes)
    CHECK(key_with({scope::admin}).allows(wanted));
}

TEST_CASE("a key with several scopes allows what any of them does") {
  const auto key = key_with({scope::ingest, scope::read});
  CHECK(key.allows(scope::ingest));
  CHECK(key.allows(scope::read));
  CHECK_FALSE(key.allows(scope::manage));
  CHECK_FALSE(key.allows(scope::admin));
}

TEST_CASE("bits that are no scope allow nothing") {
  api_key key;
  key.scopes = 0xF0;
  for (const auto wanted : all_scopes)
    CHECK_FALSE(key.allows(wanted));
}
