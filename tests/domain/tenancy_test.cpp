#include "domain/tenancy.hpp"

#include <doctest/doctest.h>

#include <array>
#include <initializer_list>

using namespace talaria::domain;

namespace {

constexpr std::array scopes_tried{scope::ingest, scope::read, scope::manage, scope::admin};

api_key key_with(std::initializer_list<scope> scopes) {
  api_key key;
  for (const auto one : scopes)
    key.scopes = static_cast<std::uint8_t>(key.scopes | static_cast<std::uint8_t>(one));
  return key;
}

}  // namespace

TEST_CASE("a key without a scope allows nothing") {
  for (const auto wanted : scopes_tried)
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
  for (const auto wanted : scopes_tried)
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
  for (const auto wanted : scopes_tried)
    CHECK_FALSE(key.allows(wanted));
}

TEST_CASE("every scope has a text, and is read from it alone") {
  for (const auto tried : scopes_tried)
    CHECK(parse_scope(to_string(tried)) == tried);
  CHECK(all_scopes().size() == scopes_tried.size());
  CHECK_FALSE(parse_scope("Admin"));
  CHECK_FALSE(parse_scope(""));
}

TEST_CASE("scopes include those that allow no more, whatever the two are") {
  for (int held = 0; held < 16; ++held) {
    for (int wanted = 0; wanted < 16; ++wanted) {
      CAPTURE(held);
      CAPTURE(wanted);
      api_key holder;
      api_key other;
      holder.scopes = static_cast<std::uint8_t>(held);
      other.scopes = static_cast<std::uint8_t>(wanted);
      bool allows_all = true;
      for (const auto use : scopes_tried)
        allows_all = allows_all && (!other.allows(use) || holder.allows(use));
      CHECK(includes(holder.scopes, other.scopes) == allows_all);
    }
  }
}

TEST_CASE("an organization's own limits come before the general ones, and 0 is one of them") {
  const organization_limits general{1, 2, 3, 4};
  CHECK(overlaid({}, general) == general);
  CHECK(overlaid({0, std::nullopt, 9, std::nullopt}, general) == organization_limits{0, 2, 9, 4});
}
