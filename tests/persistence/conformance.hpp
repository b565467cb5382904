#pragma once

#include "persistence/store.hpp"
#include "tests/persistence/postgres_place.hpp"
#include "tests/persistence/sqlite_place.hpp"

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// The places of all stores that must keep the contract; another store is added here.
#define TALARIA_STORE_PLACES \
  talaria::persistence::test::sqlite_place, talaria::persistence::test::postgres_place

/// A test case that runs once for each store. Its body makes a `world` of `place_type`.
#define STORE_TEST_CASE(sentence) TEST_CASE_TEMPLATE(sentence, place_type, TALARIA_STORE_PLACES)

namespace talaria::persistence::test {

using namespace std::chrono_literals;
using domain::delivery_status;
using domain::ec;

/// What a migration brought after the first, to be taken away again so that its store is one of
/// schema 1 as far as migrating it can tell.
inline constexpr std::array<std::string_view, 31> ways_back_to_schema_1{
    "alter table schema_migrations drop column serves_since",
    "alter table events drop column tracestate",
    "alter table events drop column traceparent",
    "drop table creations",
    "drop table audit_entries",
    "drop table event_types",
    "alter table applications drop column strict_event_types",
    "drop index api_keys_by_organization",
    "drop index api_keys_by_revision",
    "alter table api_keys drop column revoked_us",
    "alter table api_keys drop column revision",
    "alter table api_keys drop column last_used_us",
    "drop index organizations_by_name",
    "alter table organizations drop column pending_deliveries_max",
    "alter table organizations drop column subscriptions_max",
    "alter table organizations drop column events_per_second",
    "alter table organizations drop column requests_per_minute",
    "alter table organizations drop column is_operator",
    "alter table organizations drop column deleted_us",
    "alter table organizations drop column updated_us",
    "drop table recoveries",
    "drop table paused_queues",
    "drop index delivery_queue_by_sequence",
    "alter table attempts drop column sequence",
    "alter table delivery_queue drop column sequence",
    "drop table subscription_sequences",
    "drop table operational_events",
    "drop table subscription_health",
    "drop index applications_of_the_system",
    "alter table applications drop column is_system",
    "alter table applications drop column retention_days"};

/// So many seconds into the test's time, which starts at some moment in 2026 and passes only here.
timestamp at(std::int64_t seconds);

/// 16 bytes that are the same for the same text.
domain::uuid hash_of(std::string_view text);

/// A store with an organization and an application in it, a session of each role, and makers for
/// what tests put in.
class world {
public:
  /// @param place Where the store is; it is opened anew by `reopen`.
  explicit world(std::unique_ptr<place> place);
  /// The store asks it for the time.
  world(const world&) = delete;
  world& operator=(const world&) = delete;

  /// Closes the store and opens it again, as after a restart.
  void reopen();

  domain::uuid new_id();
  domain::application new_application(std::string name);
  domain::subscription new_subscription();
  /// An event of the application, received at `now`.
  new_event event(std::vector<domain::subscription> fan_out = {}, std::string payload = "{}");
  /// The same, with an idempotency key that expires an hour later.
  new_event keyed_event(std::string_view key, std::string_view body = "body");

  /// Inserts a subscription.
  domain::subscription subscribe();
  /// Appends as one group, with the present revision of the catalogue.
  result<appended_group> append(std::vector<new_event> events);
  /// Appends an event for these subscriptions. @returns its id
  domain::event_id submit(std::vector<domain::subscription> fan_out, std::string payload = "{}");
  std::int64_t catalog_revision();

  /// The outcome of the delivery's next attempt, as the owner of its shard reports it.
  persistence::outcome outcome(const domain::event_id& event,
                               const domain::subscription& subscription, std::uint32_t number,
                               delivery_status status);
  record_status record(const persistence::outcome& outcome);
  /// Ends a delivery by its first attempt.
  void finish(const domain::event_id& event, const domain::subscription& subscription,
              delivery_status status);

  delivery_row delivery(const domain::event_id& event, const domain::subscription& subscription);
  std::vector<domain::event_id> pending(const domain::subscription& subscription);
  std::vector<domain::event_id> events();

  /// Another organization with an application in it is not made by any test: this is what its
  /// bearer would present.
  static tenant stranger();

  /// Also by which the store knows what is expired.
  timestamp now = at(0);
  /// Of applications that have none of their own.
  std::chrono::days default_retention{30};
  std::string node = "node-1";
  domain::organization organization;
  domain::application application;
  tenant owner;
  std::vector<owned_shard> shards;

  std::unique_ptr<persistence::store> store;
  std::unique_ptr<event_appender> appender;
  std::unique_ptr<outcome_recorder> recorder;
  std::unique_ptr<queue_reader> queue;
  std::unique_ptr<shard_ownership> ownership;
  std::unique_ptr<persistence::catalog> catalog;
  std::unique_ptr<persistence::tenants> tenants;
  std::unique_ptr<persistence::event_types> event_types;
  std::unique_ptr<persistence::request_log> request_log;
  std::unique_ptr<persistence::history> history;
  std::unique_ptr<persistence::recoveries> recoveries;
  std::unique_ptr<persistence::upkeep> upkeep;

private:
  void open_sessions();

  std::unique_ptr<place> place_;
  domain::uuid_sequence ids_;
  std::uint64_t random_ = 0;
};

/// A place that outlives the worlds in it.
template <class Place>
class shared_place : public place {
public:
  explicit shared_place(Place& of) : of_{of} {}

  std::unique_ptr<persistence::store> open(const retention_clock& retention) override {
    return of_.open(retention);
  }
  std::unique_ptr<soci::session> connect() const override { return of_.connect(); }

private:
  Place& of_;
};

template <class Place>
world make_world() {
  return world{std::make_unique<Place>()};
}

domain::delivery_id delivery_of(const domain::event_id& event,
                                const domain::subscription& subscription);

/// The value of a result; the test fails if there is none.
template <class Value>
Value expect(result<Value> outcome) {
  if (!outcome)
    FAIL(outcome.error().detail);
  if constexpr (!std::is_void_v<Value>)
    return *std::move(outcome);
}

/// The code of a result's error; the test fails if it has a value.
template <class Value>
ec code_of(const result<Value>& outcome) {
  if (outcome)
    FAIL("no error");
  return outcome.error().code;
}

}  // namespace talaria::persistence::test
