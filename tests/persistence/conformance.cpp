#include "tests/persistence/conformance.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace talaria::persistence::test {

namespace {

constexpr std::chrono::sys_seconds start{std::chrono::seconds{1'770'000'000}};

}  // namespace

timestamp at(std::int64_t seconds) {
  return start + std::chrono::seconds{seconds};
}

domain::uuid hash_of(std::string_view text) {
  domain::uuid hash;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto& byte = hash.bytes[i % hash.bytes.size()];
    byte = static_cast<std::uint8_t>(byte * 31 + static_cast<unsigned char>(text[i]));
  }
  return hash;
}

domain::delivery_id delivery_of(const domain::event_id& event,
                                const domain::subscription& subscription) {
  return {event, subscription.number};
}

world::world(std::unique_ptr<place> place) : place_{std::move(place)} {
  open_sessions();
  organization = {domain::organization_id{new_id()}, "default", now};
  application = new_application("default");
  owner = {organization.id, std::nullopt};
  domain::api_key key;
  key.id = domain::api_key_id{new_id()};
  key.organization = organization.id;
  key.lookup = "first";
  REQUIRE(expect(catalog->bootstrap(organization, application, key)));
  shards = expect(ownership->claim_all(node));
}

void world::open_sessions() {
  store = place_->open({[this] { return now; }, default_retention});
  appender = store->open_event_appender();
  recorder = store->open_outcome_recorder();
  queue = store->open_queue_reader();
  ownership = store->open_shard_ownership();
  catalog = store->open_catalog();
  tenants = store->open_tenants();
  event_types = store->open_event_types();
  request_log = store->open_request_log();
  history = store->open_history();
  recoveries = store->open_recoveries();
  upkeep = store->open_upkeep();
}

void world::reopen() {
  appender.reset();
  recorder.reset();
  queue.reset();
  ownership.reset();
  catalog.reset();
  tenants.reset();
  event_types.reset();
  request_log.reset();
  history.reset();
  recoveries.reset();
  upkeep.reset();
  store.reset();
  open_sessions();
}

domain::uuid world::new_id() {
  return ids_.next(now, ++random_);
}

domain::application world::new_application(std::string name) {
  return {.id = domain::application_id{new_id()},
          .organization = organization.id,
          .name = std::move(name),
          .created_at = now,
          .updated_at = now};
}

domain::subscription world::new_subscription() {
  domain::subscription made;
  made.id = domain::subscription_id{new_id()};
  made.application = application.id;
  made.organization = organization.id;
  made.settings.url = "https://receiver.example/hook";
  made.secrets = {{std::string(domain::limits::secret_key_bytes_default, 'k'), std::nullopt}};
  made.created_at = now;
  made.updated_at = now;
  return made;
}

new_event world::event(std::vector<domain::subscription> fan_out, std::string payload) {
  auto made = std::make_shared<domain::event>();
  made->id = ids_.next_event_id(now, ++random_);
  made->application = application.id;
  made->type = "user.created";
  made->payload = std::move(payload);
  made->occurred_at = now - 1s;
  made->received_at = now;
  new_event added{std::move(made), {}, std::nullopt};
  for (const auto& subscription : fan_out)
    added.fan_out.push_back({subscription.number, shard_of(subscription.id)});
  return added;
}

new_event world::keyed_event(std::string_view key, std::string_view body) {
  auto made = event();
  made.idempotent = idempotency{hash_of(key), hash_of(body), now + 1h};
  return made;
}

domain::subscription world::subscribe() {
  return expect(catalog->insert_subscription(new_subscription()));
}

std::int64_t world::catalog_revision() {
  return expect(catalog->changes_since(std::numeric_limits<std::int64_t>::max())).revision;
}

result<appended_group> world::append(std::vector<new_event> events) {
  const std::vector<event_group> groups{{std::move(events)}};
  auto appended = appender->append(groups, catalog_revision());
  if (!appended)
    return tl::unexpected(appended.error());
  REQUIRE(appended->size() == 1);
  return appended->front();
}

domain::event_id world::submit(std::vector<domain::subscription> fan_out, std::string payload) {
  const auto appended = expect(append({event(std::move(fan_out), std::move(payload))}));
  REQUIRE(appended.conflicts.empty());
  return appended.events.at(0).id;
}

outcome world::outcome(const domain::event_id& event, const domain::subscription& subscription,
                       std::uint32_t number, delivery_status status) {
  const auto shard = shard_of(subscription.id);
  const auto owned = std::find_if(shards.begin(), shards.end(),
                                  [&](const owned_shard& each) { return each.shard == shard; });
  REQUIRE(owned != shards.end());
  persistence::outcome made;
  made.delivery = delivery_of(event, subscription);
  made.shard = shard;
  made.epoch = owned->epoch;
  made.attempt = {number, now, 25ms, 200, domain::attempt_error::none, "ok", node};
  if (status != delivery_status::delivered)
    made.attempt.status_code = 500;
  made.status = status;
  made.run_attempts = number;
  made.due = now + 10s;
  return made;
}

record_status world::record(const persistence::outcome& outcome) {
  const auto statuses = expect(recorder->record(node, std::span{&outcome, 1}));
  REQUIRE(statuses.size() == 1);
  return statuses.front();
}

void world::finish(const domain::event_id& event, const domain::subscription& subscription,
                   delivery_status status) {
  REQUIRE(record(outcome(event, subscription, 1, status)) == record_status::recorded);
}

delivery_row world::delivery(const domain::event_id& event,
                             const domain::subscription& subscription) {
  return expect(history->find_delivery(owner, delivery_of(event, subscription)));
}

std::vector<domain::event_id> world::pending(const domain::subscription& subscription) {
  const auto page = expect(queue->page({subscription.number, timestamp::max(), 1000, SIZE_MAX}));
  std::vector<domain::event_id> events;
  for (const auto& delivery : page.deliveries)
    events.push_back(delivery.event->id);
  return events;
}

std::vector<domain::event_id> world::events() {
  std::vector<domain::event_id> ids;
  for (const auto& event : expect(history->list_events(owner, {}, {1000, std::nullopt})).rows)
    ids.push_back(event.id);
  return ids;
}

tenant world::stranger() {
  return {domain::organization_id{hash_of("stranger")}, std::nullopt};
}

}  // namespace talaria::persistence::test
