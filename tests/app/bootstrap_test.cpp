#include "app/bootstrap.hpp"

#include "http/api_key.hpp"
#include "posix/temporary_directory.hpp"

#include <doctest/doctest.h>

using namespace talaria;

namespace {

constexpr domain::timestamp start{std::chrono::seconds{1'800'000'000}};

struct fixture {
  posix::temporary_directory directory;
  std::string url = "sqlite:" + (directory.path() / "store.db").string();
  std::unique_ptr<persistence::store> store;
  std::uint64_t random = 0;

  fixture() {
    REQUIRE(persistence::migrate_store(url));
    store = std::move(*persistence::open_store(url));
  }

  domain::result<std::string> bootstrap(const std::string& chosen) {
    return app::bootstrap(*store, chosen, start, [this] { return ++random; });
  }
};

}  // namespace

TEST_CASE("the first start makes an administrator key and shows it, later ones do not") {
  fixture f;
  const auto key = f.bootstrap("");
  REQUIRE(key);
  const auto found = f.store->open_tenants()->find_api_keys(http::api_key_lookup(*key));
  REQUIRE(found);
  REQUIRE(found->size() == 1);
  CHECK(found->front().allows(domain::scope::admin));
  CHECK_FALSE(found->front().application);
  CHECK(http::verify_api_key(*key, found->front().hash));
  CHECK(f.bootstrap("") == "");
}

TEST_CASE("a key that the operator chose is stored, and not shown") {
  fixture f;
  const std::string chosen = "an-operators-own-key";
  CHECK(f.bootstrap(chosen) == "");
  const auto found = f.store->open_tenants()->find_api_keys(http::api_key_lookup(chosen));
  REQUIRE(found);
  REQUIRE(found->size() == 1);
  CHECK(http::verify_api_key(chosen, found->front().hash));
}

TEST_CASE("the first start makes the application default, which the key's organization owns") {
  fixture f;
  const auto key = f.bootstrap("");
  REQUIRE(key);
  const auto catalog = f.store->open_catalog();
  const auto organization =
      f.store->open_tenants()->find_api_keys(http::api_key_lookup(*key))->front().organization;
  CHECK(catalog->find_application_by_name({organization, std::nullopt}, "default"));
}
