#include "domain/limits.hpp"
#include "tests/persistence/conformance.hpp"

namespace talaria::persistence::test {

namespace {

domain::organization new_organization(world& world, std::string name) {
  return {.id = {world.new_id()},
          .name = std::move(name),
          .created_at = world.now,
          .updated_at = world.now};
}

/// With its applications. @returns what its bearer would present
tenant add_organization(world& world, const domain::organization& organization) {
  auto first = world.new_application("default");
  first.organization = organization.id;
  expect(world.tenants->insert_organization(organization, first, {world.new_id()}));
  return {organization.id, std::nullopt};
}

domain::api_key new_key(world& world, std::string lookup = "lookup") {
  domain::api_key key;
  key.id = {world.new_id()};
  key.organization = world.organization.id;
  key.name = "a key";
  key.lookup = std::move(lookup);
  key.hash = "hash";
  key.scopes = 3;
  key.created_at = world.now;
  return key;
}

std::vector<std::string> names(const page_of<domain::organization>& page) {
  std::vector<std::string> names;
  for (const auto& organization : page.rows)
    names.push_back(organization.name);
  return names;
}

std::vector<domain::api_key_id> ids(const page_of<domain::api_key>& page) {
  std::vector<domain::api_key_id> ids;
  for (const auto& key : page.rows)
    ids.push_back(key.id);
  return ids;
}

domain::event_type new_type(world& world, std::string name) {
  return {.id = {world.new_id()},
          .organization = world.organization.id,
          .application = world.application.id,
          .name = std::move(name),
          .description = "what happened",
          .schema = R"({"type":"object"})",
          .created_at = world.now,
          .updated_at = world.now};
}

write_note note_of(world& world, std::string resource) {
  return {.audit = domain::audit_entry{.id = world.new_id(),
                                       .organization = world.organization.id,
                                       .application = std::nullopt,
                                       .key = {hash_of("key")},
                                       .key_name = "a key",
                                       .method = "POST",
                                       .route = "/api/v1/applications",
                                       .resource = std::move(resource),
                                       .request_id = "request",
                                       .client_address = "192.0.2.1",
                                       .at = world.now},
          .creation = std::nullopt};
}

creation creation_of(world& world, std::string_view key, std::string_view resource) {
  return {.organization = world.organization.id,
          .key_hash = hash_of(key),
          .body_hash = hash_of("body"),
          .resource = hash_of(resource),
          .created_at = world.now,
          .expires_at = world.now + 1h};
}

}  // namespace

STORE_TEST_CASE("the first organization is the operator's, later ones are not") {
  auto world = make_world<place_type>();
  CHECK(expect(world.tenants->find_organization(world.organization.id)).is_operator);
  const auto later = new_organization(world, "later");
  add_organization(world, later);
  CHECK_FALSE(expect(world.tenants->find_organization(later.id)).is_operator);
}

STORE_TEST_CASE("an organization comes with its applications, and keeps every field") {
  auto world = make_world<place_type>();
  auto made = new_organization(world, "acme");
  made.limits = {1, 0, std::nullopt, 1'000'000'000};
  const auto acme = add_organization(world, made);
  const auto found = expect(world.tenants->find_organization(made.id));
  CHECK(found.name == "acme");
  CHECK(found.limits == made.limits);
  CHECK(found.created_at == world.now);
  CHECK(found.updated_at == world.now);
  CHECK(expect(world.catalog->find_application_by_name(acme, "default")).organization == made.id);
  CHECK(expect(world.catalog->find_application_by_name(acme, "system")).is_system);
  CHECK(expect(world.catalog->ensure_system_applications(
            world.now, [&] { return world.new_id(); })) == 1);  // that of the first organization
}

STORE_TEST_CASE("names of organizations are unique among those that exist") {
  auto world = make_world<place_type>();
  const auto first = new_organization(world, "acme");
  add_organization(world, first);
  auto second = new_organization(world, "acme");
  auto application = world.new_application("default");
  application.organization = second.id;
  CHECK(code_of(world.tenants->insert_organization(second, application, {world.new_id()})) ==
        ec::conflict);
  second.name = "other";
  add_organization(world, second);
  second.name = "acme";
  CHECK(code_of(world.tenants->update_organization(second)) == ec::conflict);
  expect(world.tenants->delete_organization(first.id, at(1)));
  CHECK(world.tenants->update_organization(second));
}

STORE_TEST_CASE("organizations are listed newest first, in pages") {
  auto world = make_world<place_type>();
  for (const auto* name : {"a", "b", "c"})
    add_organization(world, new_organization(world, name));
  const auto first = expect(world.tenants->list_organizations({2, std::nullopt}));
  CHECK(names(first) == std::vector<std::string>{"c", "b"});
  CHECK(first.more);
  const auto rest = expect(world.tenants->list_organizations({2, first.rows.back().id.value}));
  CHECK(names(rest) == std::vector<std::string>{"a", "default"});
  CHECK_FALSE(rest.more);
}

STORE_TEST_CASE(
    "a changed organization has its new name and limits, and its keys count as changed") {
  auto world = make_world<place_type>();
  const auto key = new_key(world);
  expect(world.tenants->insert_api_key(key));
  const auto before = expect(world.tenants->changes_since(0)).revision;
  auto changed = expect(world.tenants->find_organization(world.organization.id));
  changed.name = "renamed";
  changed.limits.events_per_second = 7;
  changed.updated_at = at(5);
  expect(world.tenants->update_organization(changed));
  const auto found = expect(world.tenants->find_organization(world.organization.id));
  CHECK(found.name == "renamed");
  CHECK(found.limits == changed.limits);
  CHECK(found.updated_at == at(5));
  CHECK(expect(world.tenants->changes_since(before)).keys.size() == 2);
  changed.id = {hash_of("nobody's")};
  changed.name = "nobody's";
  CHECK(code_of(world.tenants->update_organization(changed)) == ec::not_found);
}

STORE_TEST_CASE("a deleted organization is gone with its applications, subscriptions and keys") {
  auto world = make_world<place_type>();
  const auto acme = new_organization(world, "acme");
  const auto bearer = add_organization(world, acme);
  auto key = new_key(world);
  key.organization = acme.id;
  expect(world.tenants->insert_api_key(key));
  auto wanted = world.new_subscription();
  wanted.organization = acme.id;
  wanted.application = expect(world.catalog->find_application_by_name(bearer, "default")).id;
  const auto subscription = expect(world.catalog->insert_subscription(wanted));

  expect(world.tenants->delete_organization(acme.id, at(1)));
  CHECK(code_of(world.tenants->find_organization(acme.id)) == ec::not_found);
  CHECK(code_of(world.tenants->delete_organization(acme.id, at(1))) == ec::not_found);
  CHECK(expect(world.tenants->find_api_keys("lookup")).empty());
  CHECK(code_of(world.catalog->find_application_by_name(bearer, "default")) == ec::not_found);
  CHECK(code_of(world.catalog->find_subscription(subscription.number)) == ec::not_found);
  CHECK(code_of(world.tenants->insert_api_key(key)) == ec::not_found);
  CHECK(world.tenants->find_organization(world.organization.id));
}

STORE_TEST_CASE("the operator's organization cannot be deleted") {
  auto world = make_world<place_type>();
  CHECK(code_of(world.tenants->delete_organization(world.organization.id, at(1))) == ec::conflict);
}

STORE_TEST_CASE("a key is made, found, listed and changed") {
  auto world = make_world<place_type>();
  auto key = new_key(world);
  key.application = world.application.id;
  key.expires_at = at(50);
  expect(world.tenants->insert_api_key(key));
  auto found = expect(world.tenants->find_api_key(world.owner, key.id));
  CHECK(found.application == key.application);
  CHECK(found.expires_at == at(50));
  CHECK(found.scopes == 3);
  CHECK_FALSE(found.last_used_at);
  CHECK(ids(expect(world.tenants->list_api_keys(world.owner, {}))).front() == key.id);

  found.name = "renamed";
  found.lookup = "rotated";
  found.hash = "another hash";
  found.expires_at.reset();
  expect(world.tenants->update_api_key(world.owner, found));
  CHECK(expect(world.tenants->find_api_keys("lookup")).empty());
  const auto rotated = expect(world.tenants->find_api_keys("rotated"));
  REQUIRE(rotated.size() == 1);
  CHECK(rotated[0].name == "renamed");
  CHECK(rotated[0].hash == "another hash");
  CHECK_FALSE(rotated[0].expires_at);
}

STORE_TEST_CASE("a key cannot be bound to what does not exist or is another organization's") {
  auto world = make_world<place_type>();
  auto key = new_key(world);
  key.application = domain::application_id{hash_of("nobody's")};
  CHECK(code_of(world.tenants->insert_api_key(key)) == ec::not_found);
  const auto other = add_organization(world, new_organization(world, "other"));
  key.application = expect(world.catalog->find_application_by_name(other, "default")).id;
  CHECK(code_of(world.tenants->insert_api_key(key)) == ec::not_found);
  key.application.reset();
  key.organization = {hash_of("nobody's")};
  CHECK(code_of(world.tenants->insert_api_key(key)) == ec::not_found);
}

STORE_TEST_CASE("a revoked key is gone for everybody but who asks for changes") {
  auto world = make_world<place_type>();
  const auto key = new_key(world);
  expect(world.tenants->insert_api_key(key));
  const auto before = expect(world.tenants->changes_since(0)).revision;
  CHECK(expect(world.tenants->changes_since(before)).keys.empty());
  expect(world.tenants->revoke_api_key(world.owner, key.id, at(1)));
  CHECK(expect(world.tenants->find_api_keys("lookup")).empty());
  CHECK(code_of(world.tenants->find_api_key(world.owner, key.id)) == ec::not_found);
  CHECK(code_of(world.tenants->update_api_key(world.owner, key)) == ec::not_found);
  CHECK(code_of(world.tenants->revoke_api_key(world.owner, key.id, at(2))) == ec::not_found);
  CHECK(ids(expect(world.tenants->list_api_keys(world.owner, {}))).size() == 1);
  const auto changes = expect(world.tenants->changes_since(before));
  CHECK(changes.keys == std::vector{key.id});
  CHECK(changes.revision > before);
}

STORE_TEST_CASE("keys of another organization, or beyond a binding, are not found") {
  auto world = make_world<place_type>();
  const auto free = new_key(world, "free");
  auto bound = new_key(world, "bound");
  bound.application = world.application.id;
  expect(world.tenants->insert_api_key(free));
  expect(world.tenants->insert_api_key(bound));
  const auto elsewhere = world.new_application("elsewhere");
  expect(world.catalog->insert_application(elsewhere));

  const tenant here{world.organization.id, world.application.id};
  CHECK(ids(expect(world.tenants->list_api_keys(here, {}))) == std::vector{bound.id});
  CHECK(world.tenants->find_api_key(here, bound.id));
  for (const auto& stranger : {world::stranger(), tenant{world.organization.id, elsewhere.id}}) {
    CHECK(ids(expect(world.tenants->list_api_keys(stranger, {}))).empty());
    for (const auto& key : {free, bound}) {
      CHECK(code_of(world.tenants->find_api_key(stranger, key.id)) == ec::not_found);
      CHECK(code_of(world.tenants->update_api_key(stranger, key)) == ec::not_found);
      CHECK(code_of(world.tenants->revoke_api_key(stranger, key.id, at(1))) == ec::not_found);
    }
  }
  CHECK(code_of(world.tenants->find_api_key(here, free.id)) == ec::not_found);
}

STORE_TEST_CASE("the latest use of a key is kept, and is no change of it") {
  auto world = make_world<place_type>();
  const auto key = new_key(world);
  expect(world.tenants->insert_api_key(key));
  const auto before = expect(world.tenants->changes_since(0)).revision;
  const auto last_use = [&](std::int64_t seconds) {
    expect(world.tenants->record_key_uses(std::vector{key_use{key.id, at(seconds)}}));
    return expect(world.tenants->find_api_key(world.owner, key.id)).last_used_at;
  };
  CHECK(last_use(10) == at(10));
  CHECK(last_use(9) == at(10));
  CHECK(last_use(11) == at(11));
  CHECK(expect(world.tenants->changes_since(before)).revision == before);
}

STORE_TEST_CASE(
    "an organization has no more subscriptions than it may, and one that goes makes room") {
  auto world = make_world<place_type>();
  const auto insert = [&] {
    return world.catalog->insert_subscription(world.new_subscription(), 2);
  };
  const auto first = expect(insert());
  expect(insert());
  CHECK(code_of(insert()) == ec::quota_exceeded);
  expect(world.catalog->delete_subscription(world.owner, first.id, at(1)));
  CHECK(insert());
  CHECK(world.catalog->insert_subscription(world.new_subscription(), 0));
}

STORE_TEST_CASE("pending deliveries are counted by organization, up to where the count matters") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  for (int count = 0; count < 3; ++count)
    world.submit({subscription});
  CHECK(expect(world.history->count_pending(world.organization.id, 10)) == 3);
  CHECK(expect(world.history->count_pending(world.organization.id, 2)) == 2);
  CHECK(expect(world.history->count_pending(world::stranger().organization, 10)) == 0);
  world.finish(world.events().front(), subscription, delivery_status::delivered);
  CHECK(expect(world.history->count_pending(world.organization.id, 10)) == 2);
}

STORE_TEST_CASE("an event type is made, found, listed, changed and removed") {
  auto world = make_world<place_type>();
  auto type = new_type(world, "user.created");
  expect(world.event_types->insert(type));
  auto found = expect(world.event_types->find(world.owner, type.id));
  CHECK(found.name == type.name);
  CHECK(found.description == type.description);
  CHECK(found.schema == type.schema);
  CHECK(found.application == type.application);
  CHECK(expect(world.event_types->list(world.owner, {})).rows.size() == 1);
  found.description = "changed";
  found.schema = "";
  found.updated_at = at(4);
  expect(world.event_types->update(world.owner, found));
  CHECK(expect(world.event_types->find(world.owner, type.id)).schema.empty());
  expect(world.event_types->remove(world.owner, type.id));
  CHECK(code_of(world.event_types->remove(world.owner, type.id)) == ec::not_found);
  CHECK(code_of(world.event_types->find(world.owner, type.id)) == ec::not_found);
  CHECK(code_of(world.event_types->update(world.owner, type)) == ec::not_found);
}

STORE_TEST_CASE("an application has a name once, and a bounded number of event types") {
  auto world = make_world<place_type>();
  for (std::size_t count = 0; count < domain::limits::event_types_max - 1; ++count)
    expect(world.event_types->insert(new_type(world, "type." + std::to_string(count))));
  CHECK(code_of(world.event_types->insert(new_type(world, "type.0"))) == ec::conflict);
  CHECK(world.event_types->insert(new_type(world, "last")));
  CHECK(code_of(world.event_types->insert(new_type(world, "one.too.many"))) == ec::quota_exceeded);
  CHECK(expect(world.event_types->of_application(world.application.id)).types.size() ==
        domain::limits::event_types_max);
}

STORE_TEST_CASE("event types are seen by their organization, and within a binding") {
  auto world = make_world<place_type>();
  const auto type = new_type(world, "user.created");
  expect(world.event_types->insert(type));
  const auto elsewhere = world.new_application("elsewhere");
  expect(world.catalog->insert_application(elsewhere));
  CHECK(world.event_types->find({world.organization.id, world.application.id}, type.id));
  for (const auto& stranger : {world::stranger(), tenant{world.organization.id, elsewhere.id}}) {
    CHECK(code_of(world.event_types->find(stranger, type.id)) == ec::not_found);
    CHECK(code_of(world.event_types->update(stranger, type)) == ec::not_found);
    CHECK(code_of(world.event_types->remove(stranger, type.id)) == ec::not_found);
    CHECK(expect(world.event_types->list(stranger, {})).rows.empty());
  }
  CHECK(expect(world.event_types->of_application(elsewhere.id)).types.empty());
  CHECK_FALSE(expect(world.event_types->of_application(elsewhere.id)).strict);
  auto strict = elsewhere;
  strict.strict_event_types = true;
  expect(world.catalog->update_application(world.owner, strict));
  CHECK(expect(world.event_types->of_application(elsewhere.id)).strict);
  CHECK(expect(world.catalog->find_application(world.owner, elsewhere.id)).strict_event_types);
  auto foreign = new_type(world, "other");
  foreign.organization = world::stranger().organization;
  CHECK(code_of(world.event_types->insert(foreign)) == ec::not_found);
}

STORE_TEST_CASE("event types go with their application") {
  auto world = make_world<place_type>();
  const auto type = new_type(world, "user.created");
  expect(world.event_types->insert(type));
  expect(world.catalog->delete_application(world.owner, world.application.id, at(1)));
  CHECK(code_of(world.event_types->find(world.owner, type.id)) == ec::not_found);
}

STORE_TEST_CASE("a change takes the note of who made it with it, once") {
  auto world = make_world<place_type>();
  world.catalog->annotate(note_of(world, "a resource"));
  expect(world.catalog->insert_application(world.new_application("one")));
  expect(world.catalog->insert_application(world.new_application("two")));
  const auto entries = expect(world.request_log->list(world.owner, {}));
  REQUIRE(entries.rows.size() == 1);
  const auto& entry = entries.rows.front();
  CHECK(entry.organization == world.organization.id);
  CHECK_FALSE(entry.application);
  CHECK(entry.key == domain::api_key_id{hash_of("key")});
  CHECK(entry.key_name == "a key");
  CHECK(entry.method == "POST");
  CHECK(entry.route == "/api/v1/applications");
  CHECK(entry.resource == "a resource");
  CHECK(entry.request_id == "request");
  CHECK(entry.client_address == "192.0.2.1");
  CHECK(entry.at == world.now);
}

STORE_TEST_CASE("a change that is refused leaves no note, and the next one takes it") {
  auto world = make_world<place_type>();
  world.catalog->annotate(note_of(world, "first"));
  CHECK(code_of(world.catalog->insert_application(world.new_application("default"))) ==
        ec::conflict);
  CHECK(expect(world.request_log->list(world.owner, {})).rows.empty());
  world.catalog->annotate({});
  expect(world.catalog->insert_application(world.new_application("quiet")));
  CHECK(expect(world.request_log->list(world.owner, {})).rows.empty());
}

STORE_TEST_CASE("every session that changes something can say who did") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  const auto event = world.submit({subscription});
  world.history->annotate(note_of(world, "history"));
  expect(world.history->cancel_delivery(world.owner, delivery_of(event, subscription), at(1)));
  world.recoveries->annotate(note_of(world, "recoveries"));
  expect(world.recoveries->create(world.owner, subscription.id, {world.new_id()},
                                  {at(-1), at(1), 100}, at(1)));
  world.tenants->annotate(note_of(world, "tenants"));
  expect(world.tenants->insert_api_key(new_key(world)));
  world.event_types->annotate(note_of(world, "event types"));
  expect(world.event_types->insert(new_type(world, "a")));
  std::vector<std::string> resources;
  for (const auto& entry : expect(world.request_log->list(world.owner, {})).rows)
    resources.push_back(entry.resource);
  CHECK(resources == std::vector<std::string>{"event types", "tenants", "recoveries", "history"});
}

STORE_TEST_CASE("the audit log is its organization's, and a binding sees what was done within it") {
  auto world = make_world<place_type>();
  auto note = note_of(world, "bound");
  note.audit->application = world.application.id;
  world.catalog->annotate(note);
  expect(world.catalog->insert_application(world.new_application("one")));
  world.catalog->annotate(note_of(world, "free"));
  expect(world.catalog->insert_application(world.new_application("two")));
  const auto seen_by = [&](const tenant& tenant) {
    return expect(world.request_log->list(tenant, {})).rows.size();
  };
  CHECK(seen_by(world.owner) == 2);
  CHECK(seen_by({world.organization.id, world.application.id}) == 1);
  CHECK(seen_by(world::stranger()) == 0);
}

STORE_TEST_CASE("nothing is created twice under an idempotency key until it expires") {
  auto world = make_world<place_type>();
  const auto create = [&](std::string name, std::string_view resource) {
    world.catalog->annotate(
        {.audit = std::nullopt, .creation = creation_of(world, "key", resource)});
    return world.catalog->insert_application(world.new_application(std::move(name)));
  };
  const auto found = [&] {
    return expect(
        world.request_log->find_creation(world.organization.id, hash_of("key"), world.now));
  };
  CHECK_FALSE(found());
  expect(create("one", "first"));
  REQUIRE(found());
  CHECK(found()->resource == hash_of("first"));
  CHECK(found()->body_hash == hash_of("body"));
  CHECK(code_of(create("two", "second")) == ec::idempotency_conflict);
  CHECK(code_of(world.catalog->find_application_by_name(world.owner, "two")) == ec::not_found);
  CHECK(found()->resource == hash_of("first"));

  world.now = at(3'600);
  CHECK_FALSE(found());
  expect(create("two", "second"));
  CHECK(found()->resource == hash_of("second"));
}

STORE_TEST_CASE("what expired of the request log is purged, a bounded number at a time") {
  auto world = make_world<place_type>();
  for (const auto* name : {"one", "two", "three"}) {
    auto note = note_of(world, name);
    note.creation = creation_of(world, name, name);
    world.catalog->annotate(note);
    expect(world.catalog->insert_application(world.new_application(name)));
    world.now += 10s;
  }
  CHECK(expect(world.upkeep->purge_creations(at(3'599), 10)) == 0);
  CHECK(expect(world.upkeep->purge_creations(at(3'610), 1)) == 1);
  CHECK(expect(world.upkeep->purge_creations(at(3'610), 10)) == 1);
  CHECK(expect(world.upkeep->purge_audit_entries(at(0), 10)) == 0);
  CHECK(expect(world.upkeep->purge_audit_entries(at(11), 1)) == 1);
  CHECK(expect(world.upkeep->purge_audit_entries(at(11), 10)) == 1);
  CHECK(expect(world.request_log->list(world.owner, {})).rows.size() == 1);
}

}  // namespace talaria::persistence::test
