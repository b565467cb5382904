#include "tests/persistence/conformance.hpp"
#include "tests/support/certificate.hpp"

#include <soci/soci.h>

#include <algorithm>
#include <string_view>

namespace talaria::persistence::test {

namespace {

using domain::secret_box;

std::string stored_secrets(const place& place, const domain::subscription& subscription) {
  std::string text;
  *place.connect() << "select secrets from subscriptions where number = " +
                          std::to_string(to_integer(subscription.number)),
      soci::into(text);
  return text;
}

void store_secrets(const place& place, const domain::subscription& subscription,
                   const std::string& text) {
  *place.connect() << "update subscriptions set secrets = :text where number = " +
                          std::to_string(to_integer(subscription.number)),
      soci::use(text);
}

template <class Place>
world world_at(Place& place, const std::string& letters) {
  place.secrets = letters.empty() ? secret_box{} : secret_box_of(letters);
  return world{std::make_unique<shared_place<Place>>(place)};
}

template <class Place>
void reopen(world& world, Place& place, const std::string& letters) {
  place.secrets = letters.empty() ? secret_box{} : secret_box_of(letters);
  world.reopen();
}

std::string id_of(char letter) {
  return std::string{secret_box_of(std::string(1, letter)).current_key_id()};
}

std::size_t uses_of(world& world, std::string_view key_id) {
  const auto uses = expect(world.catalog->secret_key_uses());
  const auto found = std::ranges::find(uses, key_id, &secret_key_use::key_id);
  return found == uses.end() ? 0 : found->subscriptions;
}

std::string key_of(world& world, const domain::subscription& subscription) {
  return expect(world.catalog->find_subscription(subscription.number)).secrets.at(0).key;
}

resealed_page reseal_all(world& world, reseal_scope scope = reseal_scope::all) {
  return expect(world.catalog->reseal_secrets(scope, {}, 1000));
}

}  // namespace

STORE_TEST_CASE("secrets are sealed in the database, whenever they are written") {
  place_type place;
  auto world = world_at(place, "a");
  auto subscription = world.subscribe();
  const auto secret = domain::secret_to_text(subscription.secrets.at(0).key).substr(6);
  const auto is_sealed = [&] {
    const auto stored = stored_secrets(place, subscription);
    return secret_box::key_id_of(stored) == id_of('a') &&
           stored.find(secret) == std::string::npos && stored.find("whsec") == std::string::npos;
  };
  CHECK(is_sealed());
  const auto first = stored_secrets(place, subscription);
  subscription = expect(world.catalog->update_subscription(subscription));
  CHECK(is_sealed());
  CHECK(stored_secrets(place, subscription) != first);
}

STORE_TEST_CASE("the key of a client certificate is sealed with the secrets, and comes back") {
  place_type place;
  auto world = world_at(place, "a");
  auto subscription = world.subscribe();
  const auto own = test_support::make_certificate({"talaria.test"});
  auto settings = expect(domain::merge_subscription_settings(
      {{"tls", {{"client_certificate", own.certificate_pem}, {"client_key", own.key_pem}}}},
      subscription.settings));
  subscription.settings = std::move(settings);
  subscription = expect(world.catalog->update_subscription(subscription));

  CHECK(secret_box::key_id_of(stored_secrets(place, subscription)) == id_of('a'));
  std::string stored;
  *place.connect() << "select settings from subscriptions where number = " +
                          std::to_string(to_integer(subscription.number)),
      soci::into(stored);
  CHECK(stored.find("client_certificate") != std::string::npos);
  CHECK(stored.find("PRIVATE") == std::string::npos);

  reopen(world, place, "ba");
  CHECK(reseal_all(world).resealed == 1);
  auto found = expect(world.catalog->find_subscription(subscription.number));
  REQUIRE(found.settings.tls != nullptr);
  CHECK(found.settings.tls->client_certificate == own.certificate_pem);
  CHECK(found.settings.tls->client_key == own.key_pem);
  CHECK(found.secrets.size() == 1);
  CHECK(found.secrets.at(0).key == subscription.secrets.at(0).key);

  found.settings.tls = nullptr;
  expect(world.catalog->update_subscription(found));
  CHECK(expect(world.catalog->find_subscription(subscription.number)).settings.tls == nullptr);
}

STORE_TEST_CASE("secrets stay readable with a new key in front of the old one") {
  place_type place;
  auto world = world_at(place, "a");
  const auto before = world.subscribe();
  reopen(world, place, "ba");
  const auto after = world.subscribe();
  CHECK(key_of(world, before) == before.secrets.at(0).key);
  CHECK(key_of(world, after) == after.secrets.at(0).key);
  CHECK(uses_of(world, id_of('a')) == 1);
  CHECK(uses_of(world, id_of('b')) == 1);
}

STORE_TEST_CASE("secrets of a key that is not at hand cannot be read, and the key is named") {
  place_type place;
  auto world = world_at(place, "a");
  const auto subscription = world.subscribe();
  for (const std::string letters : {"b", ""}) {
    reopen(world, place, letters);
    const auto found = world.catalog->find_subscription(subscription.number);
    CHECK(code_of(found) == ec::store_unavailable);
    CHECK(found.error().detail.find(id_of('a')) != std::string::npos);
    CHECK(found.error().detail.find(domain::to_string(subscription.id)) != std::string::npos);
    CHECK(code_of(world.catalog->each_subscription([](const auto&) {})) == ec::store_unavailable);
    CHECK(uses_of(world, id_of('a')) == 1);
  }
  CHECK(code_of(world.catalog->list_subscriptions(world.owner, {})) == ec::store_unavailable);
}

STORE_TEST_CASE("resealing makes the old key needless, and nobody notices") {
  place_type place;
  auto world = world_at(place, "a");
  const auto first = world.subscribe();
  const auto second = world.subscribe();
  reopen(world, place, "ba");
  const auto revision = world.catalog_revision();
  const auto done = reseal_all(world);
  CHECK(done.subscriptions == 2);
  CHECK(done.resealed == 2);
  CHECK(done.last == second.number);
  CHECK(reseal_all(world).resealed == 0);
  CHECK(world.catalog_revision() == revision);
  CHECK(uses_of(world, id_of('a')) == 0);
  CHECK(uses_of(world, id_of('b')) == 2);
  reopen(world, place, "b");
  const auto found = expect(world.catalog->find_subscription(first.number));
  CHECK(found.secrets.at(0).key == first.secrets.at(0).key);
  CHECK(found.revision == first.revision);
  CHECK(found.updated_at == first.updated_at);
  // The revision that was read before is still the one to change.
  CHECK(world.catalog->update_subscription(second));
}

STORE_TEST_CASE("resealing goes page by page") {
  place_type place;
  auto world = world_at(place, "a");
  for (int i = 0; i < 5; ++i)
    world.subscribe();
  reopen(world, place, "ba");
  resealed_page page;
  std::vector<std::size_t> pages;
  do {
    page = expect(world.catalog->reseal_secrets(reseal_scope::all, page.last, 2));
    pages.push_back(page.resealed);
  } while (page.subscriptions == 2);
  CHECK(pages == std::vector<std::size_t>{2, 2, 1});
}

STORE_TEST_CASE("sealed secrets that are copied to another subscription do not open there") {
  place_type place;
  auto world = world_at(place, "a");
  const auto from = world.subscribe();
  const auto to = world.subscribe();
  store_secrets(place, to, stored_secrets(place, from));
  CHECK(code_of(world.catalog->find_subscription(to.number)) == ec::store_unavailable);
  CHECK(key_of(world, from) == from.secrets.at(0).key);
}

STORE_TEST_CASE("sealed secrets that were damaged cannot be read, until they are as they were") {
  place_type place;
  auto world = world_at(place, "a");
  const auto subscription = world.subscribe();
  const auto stored = stored_secrets(place, subscription);
  for (const auto& damaged : {std::string{"x"}, std::string{}, stored.substr(0, stored.size() - 4),
                              "v2" + stored.substr(2), stored + stored}) {
    store_secrets(place, subscription, damaged);
    const auto found = world.catalog->find_subscription(subscription.number);
    CHECK(code_of(found) == ec::store_unavailable);
    CHECK(found.error().detail.find(domain::to_string(subscription.id)) != std::string::npos);
    CHECK(code_of(world.catalog->changes_since(0)) == ec::store_unavailable);
  }
  store_secrets(place, subscription, stored);
  CHECK(key_of(world, subscription) == subscription.secrets.at(0).key);
}

STORE_TEST_CASE("a store without a key writes in plain, which any store reads and can seal") {
  place_type place;
  auto world = world_at(place, "");
  const auto plain = world.subscribe();
  CHECK(stored_secrets(place, plain).starts_with("[{\"key\":"));
  CHECK(uses_of(world, "") == 1);
  CHECK(reseal_all(world).resealed == 0);

  reopen(world, place, "a");
  const auto sealed = world.subscribe();
  CHECK(key_of(world, plain) == plain.secrets.at(0).key);
  reopen(world, place, "ba");
  CHECK(reseal_all(world, reseal_scope::plain).resealed == 1);
  CHECK(uses_of(world, "") == 0);
  CHECK(uses_of(world, id_of('a')) == 1);
  CHECK(uses_of(world, id_of('b')) == 1);
  CHECK(key_of(world, plain) == plain.secrets.at(0).key);
  CHECK(key_of(world, sealed) == sealed.secrets.at(0).key);
}

STORE_TEST_CASE("a deleted subscription has no secrets left to seal") {
  place_type place;
  auto world = world_at(place, "a");
  const auto subscription = world.subscribe();
  expect(world.catalog->delete_subscription(world.owner, subscription.id, world.now));
  CHECK(stored_secrets(place, subscription) == "[]");
  CHECK(expect(world.catalog->secret_key_uses()).empty());
  CHECK(reseal_all(world).subscriptions == 0);
}

}  // namespace talaria::persistence::test
