#include "tests/persistence/conformance.hpp"

#include <algorithm>
#include <limits>

namespace talaria::persistence::test {

namespace {

std::vector<std::string> names(const page_of<domain::application>& page) {
  std::vector<std::string> names;
  for (const auto& application : page.rows)
    names.push_back(application.name);
  return names;
}

tenant bound_to(const world& world, const domain::application& application) {
  return {world.organization.id, application.id};
}

}  // namespace

STORE_TEST_CASE("the installation key is 64 digits, the same in every session") {
  auto world = make_world<place_type>();
  const auto key = expect(world.catalog->installation_key());
  CHECK(key.size() == 64);
  CHECK(expect(world.store->open_catalog()->installation_key()) == key);
}

STORE_TEST_CASE("bootstrap makes the first organization, application and key, and only once") {
  auto world = make_world<place_type>();
  const auto found = expect(world.catalog->find_application(world.owner, world.application.id));
  CHECK(found.name == "default");

  const domain::organization second{domain::organization_id{world.new_id()}, "late", world.now};
  auto application = world.new_application("late");
  application.organization = second.id;
  CHECK_FALSE(expect(world.catalog->bootstrap(second, application, {})));
  CHECK(code_of(world.catalog->find_application({second.id, {}}, application.id)) == ec::not_found);
}

STORE_TEST_CASE("a key is found by its lookup with every field") {
  place_type somewhere;
  const auto store = somewhere.open();
  const auto catalog = store->open_catalog();
  const domain::organization organization{domain::organization_id{hash_of("o")}, "o", at(0)};
  const domain::application application{
      domain::application_id{hash_of("a")}, organization.id, "a", "{}", at(0), at(0)};
  const domain::api_key key{domain::api_key_id{hash_of("k")},
                            organization.id,
                            application.id,
                            "a name",
                            "lookup",
                            "$argon2id$...",
                            255,
                            at(1),
                            at(2)};
  REQUIRE(expect(catalog->bootstrap(organization, application, key)));
  const auto keys = expect(store->open_tenants()->find_api_keys("lookup"));
  REQUIRE(keys.size() == 1);
  CHECK(keys[0].id == key.id);
  CHECK(keys[0].organization == key.organization);
  CHECK(keys[0].application == key.application);
  CHECK(keys[0].name == key.name);
  CHECK(keys[0].lookup == key.lookup);
  CHECK(keys[0].hash == key.hash);
  CHECK(keys[0].scopes == key.scopes);
  CHECK(keys[0].created_at == key.created_at);
  CHECK(keys[0].expires_at == key.expires_at);
  CHECK(expect(store->open_tenants()->find_api_keys("unknown")).empty());
}

STORE_TEST_CASE("a key without application and expiry is found as such") {
  auto world = make_world<place_type>();
  const auto keys = expect(world.tenants->find_api_keys("first"));
  REQUIRE(keys.size() == 1);
  CHECK_FALSE(keys[0].application);
  CHECK_FALSE(keys[0].expires_at);
}

STORE_TEST_CASE("an application is found by id and by name with every field") {
  auto world = make_world<place_type>();
  auto made = world.new_application("billing");
  made.metadata = "{\"team\":\"a\"}";
  made.updated_at = at(7);
  made.retention_days = domain::limits::retention_days_max;
  expect(world.catalog->insert_application(made));
  for (const auto& found :
       {expect(world.catalog->find_application(world.owner, made.id)),
        expect(world.catalog->find_application_by_name(world.owner, "billing"))}) {
    CHECK(found.id == made.id);
    CHECK(found.organization == made.organization);
    CHECK(found.name == made.name);
    CHECK(found.metadata == made.metadata);
    CHECK(found.created_at == made.created_at);
    CHECK(found.updated_at == made.updated_at);
    CHECK(found.retention_days == made.retention_days);
  }
}

STORE_TEST_CASE("two applications of an organization cannot have the same name") {
  auto world = make_world<place_type>();
  CHECK(code_of(world.catalog->insert_application(world.new_application("default"))) ==
        ec::conflict);
  auto other = world.new_application("other");
  expect(world.catalog->insert_application(other));
  other.name = "default";
  CHECK(code_of(world.catalog->update_application(world.owner, other)) == ec::conflict);
  CHECK(expect(world.catalog->find_application(world.owner, other.id)).name == "other");
  // Its own name is no conflict.
  other.name = "other";
  CHECK(world.catalog->update_application(world.owner, other));
}

STORE_TEST_CASE("an application's name, metadata, retention and time of change can be written") {
  auto world = make_world<place_type>();
  auto changed = world.application;
  changed.name = "renamed";
  changed.metadata = "{\"a\":1}";
  changed.updated_at = at(9);
  changed.retention_days = 7;
  expect(world.catalog->update_application(world.owner, changed));
  const auto found = expect(world.catalog->find_application(world.owner, changed.id));
  CHECK(found.name == "renamed");
  CHECK(found.metadata == "{\"a\":1}");
  CHECK(found.updated_at == at(9));
  CHECK(found.retention_days == 7);
  changed.retention_days.reset();
  expect(world.catalog->update_application(world.owner, changed));
  CHECK_FALSE(expect(world.catalog->find_application(world.owner, changed.id)).retention_days);
  CHECK(code_of(world.catalog->find_application_by_name(world.owner, "default")) == ec::not_found);
}

STORE_TEST_CASE("another tenant's application cannot be found, changed or deleted") {
  auto world = make_world<place_type>();
  const auto other = world.new_application("other");
  expect(world.catalog->insert_application(other));
  for (const auto& tenant : {world::stranger(), bound_to(world, other)}) {
    CHECK(code_of(world.catalog->find_application(tenant, world.application.id)) == ec::not_found);
    CHECK(code_of(world.catalog->find_application_by_name(tenant, "default")) == ec::not_found);
    CHECK(code_of(world.catalog->update_application(tenant, world.application)) == ec::not_found);
    CHECK(code_of(world.catalog->delete_application(tenant, world.application.id, world.now)) ==
          ec::not_found);
  }
  CHECK(names(expect(world.catalog->list_applications(world::stranger(), {}))).empty());
  CHECK(names(expect(world.catalog->list_applications(bound_to(world, other), {}))) ==
        std::vector<std::string>{"other"});
  CHECK(world.catalog->find_application(world.owner, world.application.id));
}

STORE_TEST_CASE("applications are listed newest first, page by page") {
  auto world = make_world<place_type>();
  for (const auto* name : {"a", "b", "c"})
    expect(world.catalog->insert_application(world.new_application(name)));
  const auto first = expect(world.catalog->list_applications(world.owner, {2, std::nullopt}));
  CHECK(names(first) == std::vector<std::string>{"c", "b"});
  CHECK(first.more);
  const auto second =
      expect(world.catalog->list_applications(world.owner, {2, first.rows.back().id.value}));
  CHECK(names(second) == std::vector<std::string>{"a", "default"});
  CHECK_FALSE(second.more);
}

STORE_TEST_CASE("a deleted application takes its subscriptions, its keys and its name with it") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  const auto event = world.submit({subscription});
  const auto revision = world.catalog_revision();
  expect(world.catalog->delete_application(world.owner, world.application.id, at(3)));

  CHECK(code_of(world.catalog->find_application(world.owner, world.application.id)) ==
        ec::not_found);
  CHECK(code_of(world.catalog->find_subscription(world.owner, subscription.id)) == ec::not_found);
  CHECK(names(expect(world.catalog->list_applications(world.owner, {}))).empty());
  CHECK(world.pending(subscription).empty());
  const auto changes = expect(world.catalog->changes_since(revision));
  CHECK(changes.revision == revision + 1);
  CHECK(changes.deleted == std::vector{subscription.number});
  CHECK(code_of(world.catalog->insert_subscription(world.new_subscription())) == ec::not_found);
  CHECK(code_of(world.catalog->delete_application(world.owner, world.application.id, at(3))) ==
        ec::not_found);
  CHECK(code_of(world.history->find_event(world.owner, event)) == ec::not_found);
  CHECK(world.catalog->insert_application(world.new_application("default")));
}

STORE_TEST_CASE("a key that is bound to a deleted application goes with it") {
  place_type somewhere;
  const auto store = somewhere.open();
  const auto catalog = store->open_catalog();
  const domain::organization organization{domain::organization_id{hash_of("o")}, "o", at(0)};
  const domain::application application{
      domain::application_id{hash_of("a")}, organization.id, "a", "{}", at(0), at(0)};
  domain::api_key key;
  key.organization = organization.id;
  key.application = application.id;
  key.lookup = "bound";
  REQUIRE(expect(catalog->bootstrap(organization, application, key)));
  expect(catalog->delete_application({organization.id, {}}, application.id, at(1)));
  CHECK(expect(store->open_tenants()->find_api_keys("bound")).empty());
}

STORE_TEST_CASE("every change of an application or a subscription raises the revision by one") {
  auto world = make_world<place_type>();
  auto revision = world.catalog_revision();
  const auto raised = [&] { return world.catalog_revision() == ++revision; };
  const auto other = world.new_application("other");
  expect(world.catalog->insert_application(other));
  CHECK(raised());
  expect(world.catalog->update_application(world.owner, other));
  CHECK(raised());
  auto subscription = world.subscribe();
  CHECK(raised());
  subscription = expect(world.catalog->update_subscription(subscription));
  CHECK(raised());
  expect(world.catalog->delete_subscription(world.owner, subscription.id, world.now));
  CHECK(raised());
  expect(world.catalog->delete_application(world.owner, other.id, world.now));
  CHECK(raised());
  // What is refused raises nothing.
  CHECK_FALSE(world.catalog->update_subscription(subscription));
  CHECK(world.catalog_revision() == revision);
}

}  // namespace talaria::persistence::test
