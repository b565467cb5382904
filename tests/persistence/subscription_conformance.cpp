#include "tests/persistence/conformance.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <limits>

namespace talaria::persistence::test {

namespace {

std::vector<subscription_number> numbers(const page_of<domain::subscription>& page) {
  std::vector<subscription_number> numbers;
  for (const auto& subscription : page.rows)
    numbers.push_back(subscription.number);
  return numbers;
}

std::vector<subscription_number> changed(const catalog_changes& changes) {
  std::vector<subscription_number> numbers;
  for (const auto& subscription : changes.changed)
    numbers.push_back(subscription->number);
  return numbers;
}

void check_equal(const domain::subscription& found, const domain::subscription& made) {
  CHECK(found.id == made.id);
  CHECK(found.number == made.number);
  CHECK(found.application == made.application);
  CHECK(found.organization == made.organization);
  CHECK(boost::json::serialize(to_json(found.settings)) ==
        boost::json::serialize(to_json(made.settings)));
  CHECK(found.settings.payload_filter == made.settings.payload_filter);
  REQUIRE(found.secrets.size() == made.secrets.size());
  for (std::size_t i = 0; i < made.secrets.size(); ++i) {
    CHECK(found.secrets[i].key == made.secrets[i].key);
    CHECK(found.secrets[i].expires_at == made.secrets[i].expires_at);
  }
  CHECK(found.paused == made.paused);
  CHECK(found.disabled == made.disabled);
  CHECK(found.created_at == made.created_at);
  CHECK(found.updated_at == made.updated_at);
  CHECK(found.revision == made.revision);
}

domain::payload_filter payload_filter_of(std::string_view rule) {
  const auto parsed = domain::payload_filter::parse(boost::json::parse({rule.data(), rule.size()}));
  REQUIRE(parsed);
  return *parsed;
}

/// One that differs from the defaults everywhere.
domain::subscription elaborate(domain::subscription made) {
  auto& settings = made.settings;
  settings.url = "http://127.0.0.1:8081/a?b=c";
  settings.event_types = {"user.*", "order.placed"};
  settings.label_filter = {{"region", "\"eu\""}, {"tier", "3"}};
  settings.payload_filter = payload_filter_of(
      R"({"and":[{"path":"/a~1b","in":[1,0.1,"x",null]},{"not":{"path":"/c","gte":1e17}}]})");
  settings.description = "it's \"quoted\" \xC3\xA9";
  settings.metadata = "{\"a\":{\"b\":[1,2]}}";
  settings.enabled = false;
  settings.method = domain::http_method::put;
  settings.headers = {{"X-One", "1"}, {"x-two", "2"}};
  settings.timeout = 1234ms;
  settings.priority = domain::priority::low;
  settings.max_in_flight = 7;
  settings.retry = domain::retry_schedule{{1s, 2s}};
  settings.signature = domain::signature_scheme::hook0;
  settings.body = domain::body_form::envelope;
  std::string key;
  for (int byte = 0; byte < 64; ++byte)
    key += static_cast<char>(byte * 4);
  made.secrets = {{key, std::nullopt}, {std::string(24, '\0'), at(99)}};
  made.paused = true;
  made.disabled = domain::disabled_reason::gone;
  made.updated_at = at(5);
  return made;
}

}  // namespace

STORE_TEST_CASE("subscriptions are numbered from 1 in the order of creation, never twice") {
  auto world = make_world<place_type>();
  CHECK(world.subscribe().number == subscription_number{1});
  const auto second = world.subscribe();
  CHECK(second.number == subscription_number{2});
  expect(world.catalog->delete_subscription(world.owner, second.id, world.now));
  world.reopen();
  CHECK(world.subscribe().number == subscription_number{3});
}

STORE_TEST_CASE("a subscription is found with every field as it was inserted") {
  auto world = make_world<place_type>();
  const auto made = expect(world.catalog->insert_subscription(elaborate(world.new_subscription())));
  CHECK(made.revision == world.catalog_revision());
  check_equal(expect(world.catalog->find_subscription(world.owner, made.id)), made);
  world.reopen();
  check_equal(expect(world.catalog->find_subscription(world.owner, made.id)), made);
}

STORE_TEST_CASE("a subscription whose metadata is as deep as a body may be is found") {
  auto world = make_world<place_type>();
  auto made = world.new_subscription();
  constexpr auto depth = domain::limits::json_depth_max - 1;
  for (std::size_t level = 0; level < depth; ++level)
    made.settings.metadata = level == 0 ? "{}" : "{\"a\":" + made.settings.metadata + "}";
  made = expect(world.catalog->insert_subscription(made));
  check_equal(expect(world.catalog->find_subscription(world.owner, made.id)), made);
}

STORE_TEST_CASE("an update writes settings, secrets, states and time, and gives a new revision") {
  auto world = make_world<place_type>();
  const auto made = world.subscribe();
  const auto updated = expect(world.catalog->update_subscription(elaborate(made)));
  CHECK(updated.revision == made.revision + 1);
  CHECK(updated.number == made.number);
  check_equal(expect(world.catalog->find_subscription(world.owner, made.id)), updated);
}

STORE_TEST_CASE("an update that is based on an older state is a conflict and writes nothing") {
  auto world = make_world<place_type>();
  const auto stale = world.subscribe();
  auto current = stale;
  current.paused = true;
  current = expect(world.catalog->update_subscription(current));
  CHECK(code_of(world.catalog->update_subscription(stale)) == ec::conflict);
  check_equal(expect(world.catalog->find_subscription(world.owner, stale.id)), current);
}

STORE_TEST_CASE("a subscription cannot be inserted into an application that is not there") {
  auto world = make_world<place_type>();
  auto made = world.new_subscription();
  made.application = domain::application_id{hash_of("none")};
  CHECK(code_of(world.catalog->insert_subscription(made)) == ec::not_found);
  made = world.new_subscription();
  made.organization = world::stranger().organization;
  CHECK(code_of(world.catalog->insert_subscription(made)) == ec::not_found);
}

STORE_TEST_CASE("another tenant's subscription cannot be found, changed or deleted") {
  auto world = make_world<place_type>();
  const auto made = world.subscribe();
  const auto other = world.new_application("other");
  expect(world.catalog->insert_application(other));
  for (const auto& tenant : {world::stranger(), tenant{world.organization.id, other.id}}) {
    CHECK(code_of(world.catalog->find_subscription(tenant, made.id)) == ec::not_found);
    CHECK(code_of(world.catalog->delete_subscription(tenant, made.id, world.now)) == ec::not_found);
    CHECK(numbers(expect(world.catalog->list_subscriptions(tenant, {}))).empty());
  }
  auto moved = made;
  moved.application = other.id;
  CHECK(code_of(world.catalog->update_subscription(moved)) == ec::not_found);
  check_equal(expect(world.catalog->find_subscription(world.owner, made.id)), made);
}

STORE_TEST_CASE(
    "subscriptions are listed newest first, of one application or of all, page by page") {
  auto world = make_world<place_type>();
  const auto other = world.new_application("other");
  expect(world.catalog->insert_application(other));
  std::vector<subscription_number> all;
  std::vector<subscription_number> of_other;
  for (int i = 0; i < 5; ++i) {
    auto made = world.new_subscription();
    if (i % 2 == 1)
      made.application = other.id;
    made = expect(world.catalog->insert_subscription(made));
    all.insert(all.begin(), made.number);
    if (i % 2 == 1)
      of_other.insert(of_other.begin(), made.number);
  }
  const tenant bound{world.organization.id, other.id};
  const auto list = [&](const tenant& tenant, const page_request& page) {
    return expect(world.catalog->list_subscriptions(tenant, page));
  };
  CHECK(numbers(list(world.owner, {})) == all);
  CHECK(numbers(list(bound, {})) == of_other);
  CHECK_FALSE(list(world.owner, {5, {}}).more);

  std::vector<subscription_number> paged;
  page_request request{2, std::nullopt};
  for (bool more = true; more;) {
    const auto page = list(world.owner, request);
    CHECK(page.rows.size() <= 2);
    for (const auto& subscription : page.rows)
      paged.push_back(subscription.number);
    more = page.more;
    request.after = page.rows.back().id.value;
  }
  CHECK(paged == all);
}

STORE_TEST_CASE("a deleted subscription is gone, and what it had pending is cancelled") {
  auto world = make_world<place_type>();
  const auto deleted = world.subscribe();
  const auto kept = world.subscribe();
  const auto fresh = world.submit({deleted, kept});
  const auto tried = world.submit({deleted});
  const auto ended = world.submit({deleted});
  world.record(world.outcome(tried, deleted, 1, delivery_status::pending));
  world.finish(ended, deleted, delivery_status::dead);
  expect(world.catalog->delete_subscription(world.owner, deleted.id, at(50)));

  CHECK(code_of(world.catalog->find_subscription(world.owner, deleted.id)) == ec::not_found);
  CHECK(code_of(world.catalog->update_subscription(deleted)) == ec::not_found);
  CHECK(code_of(world.catalog->delete_subscription(world.owner, deleted.id, at(50))) ==
        ec::not_found);
  CHECK(numbers(expect(world.catalog->list_subscriptions(world.owner, {}))) ==
        std::vector{kept.number});
  CHECK(world.pending(deleted).empty());
  CHECK(world.pending(kept) == std::vector{fresh});
  const auto cancelled = world.delivery(tried, deleted);
  CHECK(cancelled.status == delivery_status::cancelled);
  CHECK(cancelled.attempts == 1);
  CHECK(cancelled.ended_at == at(50));
  CHECK(world.delivery(fresh, deleted).attempts == 0);
  CHECK(world.delivery(ended, deleted).status == delivery_status::dead);
}

STORE_TEST_CASE("changes since a revision are what was changed and what was deleted after it") {
  auto world = make_world<place_type>();
  const auto untouched = world.subscribe();
  const auto updated = world.subscribe();
  const auto deleted = world.subscribe();
  const auto revision = world.catalog_revision();
  const auto added = world.subscribe();
  expect(world.catalog->update_subscription(updated));
  expect(world.catalog->delete_subscription(world.owner, deleted.id, world.now));

  auto changes = expect(world.catalog->changes_since(revision));
  CHECK(changes.revision == revision + 3);
  CHECK(changed(changes) == std::vector{added.number, updated.number});
  CHECK(changes.deleted == std::vector{deleted.number});
  CHECK(changes.changed.at(1)->revision == revision + 2);

  changes = expect(world.catalog->changes_since(changes.revision));
  CHECK(changes.revision == revision + 3);
  CHECK(changes.changed.empty());
  CHECK(changes.deleted.empty());
}

STORE_TEST_CASE("every subscription that was not deleted is shown, in the order of numbers") {
  auto world = make_world<place_type>();
  const auto kept = world.subscribe();
  const auto deleted = world.subscribe();
  expect(world.catalog->delete_subscription(world.owner, deleted.id, world.now));
  std::vector<domain::subscription> shown;
  const auto show = [&](const domain::subscription& subscription) {
    shown.push_back(subscription);
  };
  CHECK(expect(world.catalog->each_subscription(show)) == world.catalog_revision());
  REQUIRE(shown.size() == 1);
  check_equal(shown[0], kept);
  // More than are read at once.
  for (int i = 0; i < 501; ++i)
    world.subscribe();
  shown.clear();
  expect(world.catalog->each_subscription(show));
  REQUIRE(shown.size() == 502);
  CHECK(std::ranges::is_sorted(shown, {}, &domain::subscription::number));
}

STORE_TEST_CASE("a subscription is found by its number until it is deleted") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  check_equal(expect(world.catalog->find_subscription(subscription.number)), subscription);
  expect(world.catalog->delete_subscription(world.owner, subscription.id, world.now));
  CHECK(code_of(world.catalog->find_subscription(subscription.number)) == ec::not_found);
  CHECK(code_of(world.catalog->find_subscription(domain::subscription_number{12345})) ==
        ec::not_found);
}

}  // namespace talaria::persistence::test
