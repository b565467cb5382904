#include "app/keys_command.hpp"

#include "app/bootstrap.hpp"
#include "http/api_key.hpp"
#include "http/fresh_id.hpp"
#include "persistence/store.hpp"
#include "posix/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <sstream>

using namespace talaria;

namespace {

/// A store as a server leaves it after its first start.
struct fixture {
  posix::temporary_directory directory;
  app::configuration settings;
  std::unique_ptr<persistence::store> store;
  std::uint64_t random = 0;
  std::ostringstream out;
  std::ostringstream complaints;

  fixture() {
    settings.store_url = "sqlite:" + (directory.path() / "store.db").string();
    REQUIRE(persistence::migrate_store(settings.store_url));
    store = std::move(*persistence::open_store(settings.store_url));
    REQUIRE(app::bootstrap(*store, "an-operators-own-key", http::system_time(),
                           [this] { return ++random; }));
  }

  bool create(const app::key_request& wanted) {
    return app::run_create_key(settings, wanted, out, complaints) == 0;
  }

  /// By the text that was printed last.
  domain::api_key printed_key() {
    std::string line;
    std::istringstream lines{out.str()};
    std::getline(lines, line);
    const auto found = store->open_tenants()->find_api_keys(http::api_key_lookup(line));
    REQUIRE(found->size() == 1);
    CHECK(http::verify_api_key(line, found->front().hash));
    return found->front();
  }
};

app::key_request asking(std::vector<std::string> scopes) {
  app::key_request wanted;
  wanted.name = "shop";
  wanted.scopes = std::move(scopes);
  return wanted;
}

}  // namespace

TEST_CASE("a key that is made on the command line is printed, and works") {
  fixture f;
  REQUIRE(f.create(asking({"ingest", "read"})));
  const auto key = f.printed_key();
  CHECK(key.name == "shop");
  CHECK(key.allows(domain::scope::ingest));
  CHECK(key.allows(domain::scope::read));
  CHECK_FALSE(key.allows(domain::scope::manage));
  CHECK_FALSE(key.application);
  CHECK_FALSE(key.expires_at);
}

TEST_CASE("a key can be bound to an application, and expire") {
  fixture f;
  auto wanted = asking({"read"});
  wanted.application = "default";
  wanted.expires_in_days = 2;
  REQUIRE(f.create(wanted));
  const auto key = f.printed_key();
  CHECK(key.application);
  REQUIRE(key.expires_at);
  CHECK(*key.expires_at - key.created_at == std::chrono::days{2});
}

TEST_CASE("what the command cannot do is said, and nothing is made") {
  fixture f;
  CHECK_FALSE(f.create(asking({"everything"})));
  CHECK(f.complaints.str().find("everything is no scope") != std::string::npos);
  auto wanted = asking({"read"});
  wanted.organization = "nobody";
  CHECK_FALSE(f.create(wanted));
  wanted = asking({"read"});
  wanted.application = "nothing";
  CHECK_FALSE(f.create(wanted));
  wanted = asking({"read"});
  wanted.name = std::string(129, 'n');
  CHECK_FALSE(f.create(wanted));
  CHECK(f.out.str().empty());
}

TEST_CASE("keys are listed with what they may do, and revoked by their id") {
  fixture f;
  REQUIRE(f.create(asking({"ingest"})));
  const auto key = f.printed_key();
  app::key_request wanted;
  std::ostringstream listed;
  REQUIRE(app::run_list_keys(f.settings, wanted, listed, f.complaints) == 0);
  CHECK(listed.str().find(to_string(key.id)) != std::string::npos);
  CHECK(listed.str().find("bootstrap") != std::string::npos);
  CHECK(listed.str().find("ingest") != std::string::npos);
  wanted.id = to_string(key.id);
  CHECK(app::run_revoke_key(f.settings, wanted, listed, f.complaints) == 0);
  CHECK(app::run_revoke_key(f.settings, wanted, listed, f.complaints) == 1);
  CHECK(f.store->open_tenants()->find_api_keys(key.lookup)->empty());
  wanted.id = "x";
  CHECK(app::run_revoke_key(f.settings, wanted, listed, f.complaints) == 1);
}
