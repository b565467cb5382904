#include "tests/persistence/conformance.hpp"

#include <algorithm>

namespace talaria::persistence::test {

namespace {

using ids = std::vector<domain::delivery_id>;

/// Deliveries of several subscriptions, applications and statuses, and what is known of them.
struct deliveries {
  explicit deliveries(world& in) : world_{in} {
    other = world_.new_application("other");
    expect(world_.catalog->insert_application(other));
    subscriptions = {world_.subscribe(), world_.subscribe()};
    auto elsewhere = world_.new_subscription();
    elsewhere.application = other.id;
    subscriptions.push_back(expect(world_.catalog->insert_subscription(elsewhere)));
    for (int i = 0; i < 6; ++i) {
      submit(world_.application, {subscriptions[0], subscriptions[1]});
      submit(other, {subscriptions[2]});
      submit(world_.application, {});
      submit(world_.application, {subscriptions[1]});
    }
  }

  struct known {
    domain::delivery_id id;
    domain::application_id application;
    delivery_status status;
  };

  void submit(const domain::application& application, std::vector<domain::subscription> fan_out) {
    auto added = world_.event(fan_out);
    auto event = std::make_shared<domain::event>(*added.event);
    event->application = application.id;
    added.event = event;
    expect(world_.append({added}));
    events.push_back(event->id);
    for (const auto& subscription : fan_out)
      settle(event->id, application.id, subscription);
  }

  /// The statuses take turns.
  void settle(const domain::event_id& event, const domain::application_id& application,
              const domain::subscription& subscription) {
    const auto id = delivery_of(event, subscription);
    const auto status = static_cast<delivery_status>(all.size() % 4);
    if (status == delivery_status::cancelled)
      expect(world_.history->cancel_delivery(world_.owner, id, world_.now));
    else if (status != delivery_status::pending)
      world_.finish(event, subscription, status);
    all.push_back({id, application, status});
  }

  /// What a list must hold: newest first.
  ids expected(const tenant& tenant, const delivery_filter& filter) const {
    ids expected;
    for (const auto& delivery : all) {
      if ((!tenant.application || *tenant.application == delivery.application) &&
          (!filter.status || *filter.status == delivery.status) &&
          (!filter.event || *filter.event == delivery.id.event) &&
          (!filter.subscription || *filter.subscription == id_of(delivery.id.subscription)))
        expected.push_back(delivery.id);
    }
    std::sort(expected.begin(), expected.end(), std::greater<>{});
    return expected;
  }

  domain::subscription_id id_of(subscription_number number) const {
    return std::find_if(subscriptions.begin(), subscriptions.end(),
                        [&](const auto& each) { return each.number == number; })
        ->id;
  }

  /// All pages of a list, each of at most `limit` rows.
  ids listed(const tenant& tenant, const delivery_filter& filter, std::size_t limit) const {
    ids listed;
    page_request request{limit, std::nullopt};
    for (bool more = true; more;) {
      const auto page = expect(world_.history->list_deliveries(tenant, filter, request));
      CHECK(page.rows.size() <= limit);
      more = page.more;
      CHECK((!more || page.rows.size() == limit));
      for (const auto& row : page.rows) {
        listed.push_back(row.id);
        CHECK(row.subscription == id_of(row.id.subscription));
        CHECK((row.status == delivery_status::pending) == row.next_attempt_at.has_value());
        CHECK((row.status != delivery_status::pending) == row.ended_at.has_value());
      }
      if (!page.rows.empty())
        request.after = domain::to_uuid(page.rows.back().id);
    }
    return listed;
  }

  world& world_;
  domain::application other;
  std::vector<domain::subscription> subscriptions;
  std::vector<domain::event_id> events;
  std::vector<known> all;
};

std::vector<std::optional<delivery_status>> every_status() {
  return {std::nullopt, delivery_status::pending, delivery_status::delivered, delivery_status::dead,
          delivery_status::cancelled};
}

}  // namespace

STORE_TEST_CASE("deliveries are listed by status and subscription, newest first, page by page") {
  auto world = make_world<place_type>();
  const deliveries known{world};
  for (const auto& status : every_status()) {
    delivery_filter filter;
    filter.status = status;
    for (const std::size_t limit : {1, 3, 250})
      CHECK(known.listed(world.owner, filter, limit) == known.expected(world.owner, filter));
    for (const auto& subscription : known.subscriptions) {
      filter.subscription = subscription.id;
      for (const std::size_t limit : {2, 250})
        CHECK(known.listed(world.owner, filter, limit) == known.expected(world.owner, filter));
    }
  }
}

STORE_TEST_CASE("deliveries are listed by event, with and without the other filters") {
  auto world = make_world<place_type>();
  const deliveries known{world};
  for (const auto& event : known.events) {
    for (const auto& status : every_status()) {
      delivery_filter filter;
      filter.event = event;
      filter.status = status;
      for (const std::size_t limit : {1, 250})
        CHECK(known.listed(world.owner, filter, limit) == known.expected(world.owner, filter));
      filter.subscription = known.subscriptions[1].id;
      CHECK(known.listed(world.owner, filter, 1) == known.expected(world.owner, filter));
    }
  }
}

STORE_TEST_CASE("a tenant that is bound to an application sees that one's deliveries alone") {
  auto world = make_world<place_type>();
  const deliveries known{world};
  const tenant bound{world.organization.id, known.other.id};
  for (const auto& status : every_status()) {
    delivery_filter filter;
    filter.status = status;
    CHECK(known.listed(bound, filter, 2) == known.expected(bound, filter));
  }
  delivery_filter filter;
  filter.subscription = known.subscriptions[0].id;
  CHECK(code_of(world.history->list_deliveries(bound, filter, {})) == ec::not_found);
  filter = {};
  filter.event = known.events[0];
  CHECK(code_of(world.history->list_deliveries(bound, filter, {})) == ec::not_found);
}

STORE_TEST_CASE("another organization's deliveries cannot be listed, found or acted upon") {
  auto world = make_world<place_type>();
  const deliveries known{world};
  const auto stranger = world::stranger();
  CHECK(expect(world.history->list_deliveries(stranger, {}, {})).rows.empty());
  for (const auto& delivery : known.all) {
    CHECK(code_of(world.history->find_delivery(stranger, delivery.id)) == ec::not_found);
    CHECK(code_of(world.history->list_attempts(stranger, delivery.id)) == ec::not_found);
    CHECK(code_of(world.history->retry_delivery(stranger, delivery.id, at(1))) == ec::not_found);
    CHECK(code_of(world.history->cancel_delivery(stranger, delivery.id, at(1))) == ec::not_found);
    CHECK(expect(world.history->find_delivery(world.owner, delivery.id)).status == delivery.status);
  }
}

STORE_TEST_CASE("a listed delivery says what it is of, and how far it has come") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  const auto event = world.submit({subscription});
  world.now = at(3);
  world.record(world.outcome(event, subscription, 1, delivery_status::pending));
  auto page = expect(world.history->list_deliveries(world.owner, {}, {}));
  REQUIRE(page.rows.size() == 1);
  CHECK(page.rows[0].event_type == "user.created");
  CHECK(page.rows[0].created_at == at(0));
  CHECK(page.rows[0].attempts == 1);
  CHECK(page.rows[0].next_attempt_at == at(13));

  world.now = at(20);
  world.record(world.outcome(event, subscription, 2, delivery_status::dead));
  page = expect(world.history->list_deliveries(world.owner, {}, {}));
  REQUIRE(page.rows.size() == 1);
  CHECK(page.rows[0].attempts == 2);
  CHECK(page.rows[0].ended_at == at(20) + 25ms);
}

STORE_TEST_CASE("the deliveries of a deleted subscription stay in the list") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  const auto event = world.submit({subscription});
  expect(world.catalog->delete_subscription(world.owner, subscription.id, world.now));
  delivery_filter filter;
  filter.subscription = subscription.id;
  filter.status = delivery_status::cancelled;
  const auto page = expect(world.history->list_deliveries(world.owner, filter, {}));
  REQUIRE(page.rows.size() == 1);
  CHECK(page.rows[0].id == delivery_of(event, subscription));
  CHECK(page.rows[0].subscription == subscription.id);
}

STORE_TEST_CASE("a cursor that names no delivery, and filters that name nothing, are refused") {
  auto world = make_world<place_type>();
  const auto event = world.submit({});
  CHECK(code_of(world.history->list_deliveries(world.owner, {}, {10, event.value})) ==
        ec::invalid_cursor);
  delivery_filter filter;
  filter.subscription = domain::subscription_id{hash_of("none")};
  CHECK(code_of(world.history->list_deliveries(world.owner, filter, {})) == ec::not_found);
  filter = {};
  filter.event = domain::event_id{hash_of("none")};
  CHECK(code_of(world.history->list_deliveries(world.owner, filter, {})) == ec::not_found);
}

STORE_TEST_CASE("a delivery that does not exist is not found") {
  auto world = make_world<place_type>();
  const auto subscription = world.subscribe();
  const auto event = world.submit({});
  const auto id = delivery_of(event, subscription);
  CHECK(code_of(world.history->find_delivery(world.owner, id)) == ec::not_found);
  CHECK(code_of(world.history->list_attempts(world.owner, id)) == ec::not_found);
  CHECK(code_of(world.history->retry_delivery(world.owner, id, at(1))) == ec::not_found);
  CHECK(code_of(world.history->cancel_delivery(world.owner, id, at(1))) == ec::not_found);
}

}  // namespace talaria::persistence::test
