#include "app/sealed_store.hpp"

#include "app/bootstrap.hpp"
#include "app/secret_keys.hpp"
#include "app/secrets_command.hpp"
#include "domain/base64.hpp"
#include "domain/secret_box.hpp"
#include "http/api_key.hpp"
#include "posix/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

using namespace talaria;
using domain::ec;

namespace {

constexpr domain::timestamp start{std::chrono::seconds{1'800'000'000}};

std::string text_of_key(char letter) {
  return domain::to_base64(std::string(32, letter));
}

std::string id_of_key(char letter) {
  const domain::secret_box box{{std::string(32, letter)}, [](auto) {}};
  return std::string{box.current_key_id()};
}

/// A store of its own, with the subscriptions that tests put into it.
struct fixture {
  posix::temporary_directory directory;
  app::configuration settings;
  std::string key_file = directory.path() / "store.db.key";
  std::uint64_t random = 0;
  domain::uuid_sequence ids;

  fixture() {
    settings.store_url = "sqlite:" + (directory.path() / "store.db").string();
    REQUIRE(persistence::migrate_store(settings.store_url));
  }

  void write_keys(const std::string& letters) const {
    std::ofstream file{key_file};
    for (const char letter : letters)
      file << text_of_key(letter) << '\n';
    std::filesystem::permissions(
        key_file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  }

  auto open() const {
    return app::open_sealed_store(settings, {.url = settings.store_url, .read_urls = {}});
  }

  domain::error refusal() const {
    const auto opened = open();
    REQUIRE_FALSE(opened);
    return opened.error();
  }

  domain::subscription subscribe(persistence::store& store, char letter) {
    if (store.open_tenants()->find_api_keys(lookup).value().empty())
      REQUIRE(app::bootstrap(store, "an-operators-own-key", start, [this] { return ++random; }));
    const auto catalog = store.open_catalog();
    domain::subscription made;
    made.id = {ids.next(start, ++random)};
    made.settings.url = "https://receiver.example/";
    made.secrets = {{std::string(32, letter), std::nullopt}};
    const auto key = store.open_tenants()->find_api_keys(lookup).value().at(0);
    made.organization = key.organization;
    made.application =
        catalog->find_application_by_name({key.organization, std::nullopt}, "default").value().id;
    return catalog->insert_subscription(made).value();
  }

  std::string secret_of(persistence::store& store, const domain::subscription& subscription) {
    return store.open_catalog()->find_subscription(subscription.number).value().secrets.at(0).key;
  }

  static const std::string lookup;
};

const std::string fixture::lookup = http::api_key_lookup("an-operators-own-key");

std::vector<persistence::secret_key_use> uses_of(persistence::store& store) {
  return store.open_catalog()->secret_key_uses().value();
}

}  // namespace

TEST_CASE("the first start makes a key file beside the SQLite file, and later ones read it") {
  fixture f;
  auto store = f.open();
  REQUIRE(store);
  REQUIRE(std::filesystem::exists(f.key_file));
  CHECK(std::filesystem::status(f.key_file).permissions() ==
        (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
  const auto subscription = f.subscribe(**store, 's');
  CHECK_FALSE(uses_of(**store).at(0).key_id.empty());

  const auto keys = app::read_key_file(f.key_file).value();
  store = f.open();
  REQUIRE(store);
  CHECK(f.secret_of(**store, subscription) == std::string(32, 's'));
  CHECK(app::read_key_file(f.key_file).value() == keys);
}

TEST_CASE("the key file's place follows from the store's, or is chosen") {
  app::configuration settings;
  CHECK(app::secret_key_file(settings) == "talaria.db.key");
  settings.store_url = "sqlite:/var/lib/talaria/t.db";
  CHECK(app::secret_key_file(settings) == "/var/lib/talaria/t.db.key");
  settings.store_url = "postgresql://localhost/talaria";
  CHECK(app::secret_key_file(settings) == "talaria.key");
  settings.secret_key_file = "/etc/talaria/key";
  CHECK(app::secret_key_file(settings) == "/etc/talaria/key");
}

TEST_CASE("a store that another key has sealed is refused, with the key and the setting named") {
  fixture f;
  f.write_keys("a");
  f.subscribe(**f.open(), 's');

  f.write_keys("b");
  const auto other = f.refusal();
  CHECK(other.code == ec::invalid_value);
  CHECK(other.field == "secrets.key_file");
  CHECK(other.detail.find(id_of_key('a')) != std::string::npos);
  CHECK(other.detail.find("secrets.key_file (" + f.key_file + ")") != std::string::npos);

  SUBCASE("nor is a key made in the place of one that was lost") {
    std::filesystem::remove(f.key_file);
    const auto lost = f.refusal();
    CHECK(lost.detail.find(id_of_key('a')) != std::string::npos);
    CHECK(lost.detail.find("no such file") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(f.key_file));
  }
  SUBCASE("and is opened as soon as the key is back, wherever it stands") {
    f.write_keys("ba");
    CHECK(f.open());
  }
}

TEST_CASE("a malformed key file keeps the store closed, with the setting named") {
  fixture f;
  std::ofstream{f.key_file} << "hunter2\n";
  const auto refused = f.refusal();
  CHECK(refused.field == "secrets.key_file");
  CHECK(refused.detail.starts_with("secrets.key_file (" + f.key_file + ")"));
  CHECK(refused.detail.find("hunter2") == std::string::npos);
}

TEST_CASE("a key file that cannot be made keeps the store closed, with the setting named") {
  fixture f;
  f.settings.secret_key_file = f.directory.path() / "nowhere" / "talaria.key";
  CHECK(f.refusal().field == "secrets.key_file");
}

TEST_CASE("keys from the configuration win over a file, and make none") {
  fixture f;
  f.settings.secret_keys = {std::string(32, 'c')};
  auto store = f.open();
  REQUIRE(store);
  CHECK_FALSE(std::filesystem::exists(f.key_file));
  f.subscribe(**store, 's');
  CHECK(uses_of(**store).at(0).key_id == id_of_key('c'));

  f.write_keys("a");
  CHECK(f.open());
  f.settings.secret_keys.clear();
  CHECK(f.refusal().detail.find(id_of_key('c')) != std::string::npos);
  f.settings.secret_keys = {std::string(32, 'd')};
  const auto refused = f.refusal();
  CHECK(refused.field == "secrets.keys");
  CHECK(refused.detail.find("which secrets.keys does not have") != std::string::npos);
}

TEST_CASE("secrets that were written in plain are sealed by the next start") {
  fixture f;
  const auto plain = f.subscribe(**persistence::open_store(f.settings.store_url), 's');
  f.write_keys("a");
  const auto store = f.open();
  REQUIRE(store);
  const auto uses = uses_of(**store);
  REQUIRE(uses.size() == 1);
  CHECK(uses[0].key_id == id_of_key('a'));
  CHECK(f.secret_of(**store, plain) == std::string(32, 's'));
}

TEST_CASE("a start leaves what a former key has sealed to the command") {
  fixture f;
  f.write_keys("a");
  f.subscribe(**f.open(), 's');
  f.write_keys("ba");
  CHECK(uses_of(**f.open()).at(0).key_id == id_of_key('a'));
}

TEST_CASE("re-encryption seals everything anew, and then the old key is no longer needed") {
  fixture f;
  f.write_keys("a");
  const auto first = f.subscribe(**f.open(), 's');
  f.write_keys("ba");
  f.subscribe(**f.open(), 't');
  std::ostringstream out;
  std::ostringstream complaints;
  CHECK(app::run_reencrypt(f.settings, out, complaints) == 0);
  CHECK(out.str() == "sealed the secrets of 1 subscriptions with the key " + id_of_key('b') +
                         "; it had sealed those of 1 before\n");
  CHECK(complaints.str().empty());
  f.write_keys("b");
  const auto store = f.open();
  REQUIRE(store);
  CHECK(f.secret_of(**store, first) == std::string(32, 's'));
}

TEST_CASE("re-encryption without a key, or without one that it needs, says so and makes none") {
  fixture f;
  std::ostringstream out;
  std::ostringstream complaints;
  CHECK(app::run_reencrypt(f.settings, out, complaints) == 1);
  CHECK(complaints.str().find(f.key_file) != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(f.key_file));

  f.write_keys("a");
  f.subscribe(**f.open(), 's');
  f.write_keys("b");
  CHECK(app::run_reencrypt(f.settings, out, complaints) == 1);
  CHECK(complaints.str().find(id_of_key('a')) != std::string::npos);
  CHECK(out.str().empty());
}

TEST_CASE("re-encryption goes through more subscriptions than one page has") {
  fixture f;
  f.write_keys("a");
  {
    const auto store = f.open();
    for (int i = 0; i < 501; ++i)
      f.subscribe(**store, 's');
  }
  f.write_keys("ba");
  const auto done = app::reencrypt_secrets(f.settings);
  REQUIRE(done);
  CHECK(done->resealed == 501);
  CHECK(done->kept == 0);
  CHECK(done->left == 0);
}

TEST_CASE("the command prints keys that the settings take") {
  std::ostringstream out;
  CHECK(app::run_generate_key(out) == 0);
  auto line = out.str();
  REQUIRE(line.ends_with('\n'));
  line.pop_back();
  CHECK(app::parse_secret_keys({line}));
}
