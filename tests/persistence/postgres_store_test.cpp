#include "tests/persistence/conformance.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <span>
#include <string>
#include <thread>

namespace talaria::persistence::test {

namespace {

template <class Value>
Value ask(const postgres_place& place, const std::string& sql) {
  Value value{};
  *place.connect() << sql, soci::into(value);
  return value;
}

bool mentions(const domain::error& error, std::string_view words) {
  return error.detail.find(words) != std::string::npos;
}

/// Ends every connection to the server but the one that says so.
void terminate_others(const postgres_place& place) {
  *place.connect() << "select count(pg_terminate_backend(pid)) from pg_stat_activity "
                      "where application_name = 'talaria' and pid <> pg_backend_pid() "
                      "and query not like '%pg_terminate_backend%'";
}

/// How many rows of a table were read since it was made, through its indexes and past them.
std::int64_t rows_read(const postgres_place& place, const std::string& table) {
  return ask<long long>(place,
                        "select seq_tup_read + (select sum(idx_tup_read)::bigint "
                        "from pg_stat_user_indexes where relid = t.relid) "
                        "from pg_stat_user_tables t where relid = '" +
                            table + "'::regclass");
}

std::vector<new_event> append(world& world, const domain::subscription& subscription, int count) {
  std::vector<new_event> events;
  for (int i = 0; i < count; ++i)
    events.push_back(world.event({subscription}));
  expect(world.append(events));
  return events;
}

/// As after a backlog: one delivery is pending, the last, and to PostgreSQL the queue has one row
/// from now on, however many come.
void end_backlog(const postgres_place& place, world& world,
                 const domain::subscription& subscription) {
  append(world, subscription, 2'000);
  *place.connect() << "delete from delivery_queue where event_id <> "
                      "(select event_id from delivery_queue order by ctid desc limit 1)";
  *place.connect() << "vacuum analyze delivery_queue";
}

}  // namespace

TEST_CASE("PostgreSQL: of threads that migrate at once, all succeed and one does each step") {
  const postgres_place place;
  std::array<result<migration_report>, 6> reports;
  std::vector<std::thread> threads;
  for (auto& report : reports)
    threads.emplace_back([&] { report = migrate_store(place.url()); });
  for (auto& thread : threads)
    thread.join();
  std::size_t made = 0;
  for (const auto& report : reports)
    made += expect(report).from == 0 ? 1U : 0U;
  CHECK(made == 1);
  CHECK(ask<int>(place, "select count(*) from schema_migrations") == reports[0]->to);
}

TEST_CASE("PostgreSQL: a schema that is newer, older or not there is not opened") {
  const postgres_place place;
  auto opened = open_store(place.url());
  CHECK(code_of(opened) == ec::store_unavailable);
  CHECK(mentions(opened.error(), "talaria migrate"));
  expect(migrate_store(place.url()));
  *place.connect() << "insert into schema_migrations values(1000, 'from the future', 0, null)";
  CHECK(code_of(open_store(place.url())) == ec::schema_newer);
  CHECK(code_of(migrate_store(place.url())) == ec::schema_newer);
  *place.connect() << "delete from schema_migrations";
  opened = open_store(place.url());
  CHECK(code_of(opened) == ec::store_unavailable);
  CHECK(mentions(opened.error(), "talaria migrate"));
}

TEST_CASE("PostgreSQL: a newer schema is used as it is if it serves this version") {
  const postgres_place place;
  const auto known = expect(migrate_store(place.url())).to;
  *place.connect() << "insert into schema_migrations values(1000, 'from the future', 0, :known)",
      soci::use(known);
  CHECK(open_store(place.url()));
  const auto again = expect(migrate_store(place.url()));
  CHECK(again.from == 1000);
  CHECK(again.to == 1000);

  const auto later = known + 1;
  *place.connect() << "insert into schema_migrations values(1001, 'after that', 0, :later)",
      soci::use(later);
  CHECK(code_of(open_store(place.url())) == ec::schema_newer);
  CHECK(code_of(migrate_store(place.url())) == ec::schema_newer);
}

TEST_CASE("PostgreSQL: a store of schema 1 is migrated with what is in it") {
  postgres_place place;
  world world{std::make_unique<shared_place<postgres_place>>(place)};
  const auto event = world.submit({});
  *place.connect() << "drop table nodes";
  *place.connect() << "drop index shards_by_owner";
  *place.connect() << "alter table lanes drop column version";
  for (const auto way_back : ways_back_to_schema_1)
    *place.connect() << std::string{way_back};
  *place.connect() << "delete from schema_migrations where version > 1";
  CHECK(code_of(open_store(place.url())) == ec::store_unavailable);

  CHECK(expect(migrate_store(place.url())).from == 1);
  world.reopen();
  CHECK(world.events() == std::vector{event});
  world.application.retention_days = 1;
  CHECK(world.catalog->update_application(world.owner, world.application));
}

TEST_CASE("PostgreSQL: a migration that fails leaves nothing behind") {
  const postgres_place place;
  *place.connect() << "create table probes(taken int)";
  CHECK_FALSE(migrate_store(place.url()));
  CHECK(ask<int>(place, "select count(*) from pg_tables where schemaname = current_schema()") == 1);
}

TEST_CASE(
    "PostgreSQL: a server that may lose what it committed is refused unless that is accepted") {
  const postgres_place place;
  expect(migrate_store(place.url()));
  store_options options{.url = place.url_with("-c synchronous_commit=off"), .read_urls = {}};
  const auto refused = open_store(options);
  CHECK(code_of(refused) == ec::store_unavailable);
  CHECK(mentions(refused.error(), "synchronous_commit"));
  CHECK(mentions(refused.error(), "acknowledged"));
  options.accept_data_loss = true;
  CHECK(open_store(options));
}

TEST_CASE("PostgreSQL: a server that cannot be reached, or a URL that is none, is an error") {
  CHECK(code_of(open_store("postgresql:///x?host=/nonexistent")) == ec::store_unavailable);
  CHECK(code_of(migrate_store("postgresql:///x?host=/nonexistent")) == ec::store_unavailable);
  CHECK(code_of(open_store("postgresql://[")) == ec::invalid_value);
  CHECK(code_of(open_store("postgresql:///x?unknown_keyword=1")) == ec::invalid_value);
}

TEST_CASE("PostgreSQL: large payloads are stored compressed and come back as they were") {
  postgres_place place;
  world world{std::make_unique<shared_place<postgres_place>>(place)};
  std::string payload = "{\"items\":[";
  while (payload.size() < 100'000)
    payload += R"({"name":"an item like all others","quantity":1},)";
  payload += "{}]}";
  const auto subscription = world.subscribe();
  const auto event = world.submit({subscription}, payload);
  CHECK(expect(world.history->find_event(world.owner, event)).payload == payload);
  const auto page =
      expect(world.queue->page({subscription.number, timestamp::max(), 10, SIZE_MAX}));
  CHECK(page.deliveries.at(0).event->payload == payload);
  CHECK(ask<int>(place, "select length(payload) from events") < 10'000);
}

TEST_CASE("PostgreSQL: sessions go on when their connections were ended under them") {
  postgres_place place;
  world world{std::make_unique<shared_place<postgres_place>>(place)};
  const auto subscription = world.subscribe();
  std::vector<domain::event_id> events;
  for (int i = 0; i < 3; ++i) {
    events.push_back(world.submit({subscription}));
    terminate_others(place);
  }
  CHECK(world.pending(subscription) == events);
  terminate_others(place);
  world.finish(events[0], subscription, delivery_status::delivered);
  terminate_others(place);
  expect(world.upkeep->purge_idempotency_keys(world.now, 10));
  terminate_others(place);
  expect(world.store->probe());
  CHECK(world.pending(subscription) == std::vector{events[1], events[2]});
}

TEST_CASE("PostgreSQL: outcomes find what they are about by its key, whatever statistics say") {
  postgres_place place;
  world world{std::make_unique<shared_place<postgres_place>>(place)};
  const auto subscription = world.subscribe();
  SUBCASE("of a small queue") {
    append(world, subscription, 1);
    *place.connect() << "vacuum analyze delivery_queue";
  }
  SUBCASE("of one that was large") {
    end_backlog(place, world, subscription);
  }
  // As they are when a new node has taken them.
  *place.connect() << "update shards set owner = 'another'";
  *place.connect() << "vacuum analyze shards";
  *place.connect() << "update shards set owner = :node", soci::use(world.node);

  constexpr std::size_t group = 40;
  const auto events = append(world, subscription, 10 * group);
  world.reopen();
  const auto deliveries_before = rows_read(place, "delivery_queue");
  const auto shards_before = rows_read(place, "shards");
  for (std::size_t done = 0; done < events.size(); done += group) {
    std::vector<outcome> outcomes;
    for (const auto& added : std::span{events}.subspan(done, group))
      outcomes.push_back(
          world.outcome(added.event->id, subscription, 1, delivery_status::delivered));
    const auto statuses = expect(world.recorder->record(world.node, outcomes));
    CHECK(std::ranges::count(statuses, record_status::recorded) == group);
  }
  // A session counts what it has read when it ends.
  world.reopen();
  const auto outcomes = static_cast<std::int64_t>(events.size());
  while (rows_read(place, "delivery_queue") < deliveries_before + outcomes) {
  }
  // Those that end and those that are put off are looked for apart.
  CHECK(rows_read(place, "delivery_queue") - deliveries_before <= 2 * outcomes);
  CHECK(rows_read(place, "shards") - shards_before <= outcomes + 2 * shard_count);
}

TEST_CASE("PostgreSQL: a backlog that becomes ordered is read twice, whatever statistics say") {
  postgres_place place;
  world world{std::make_unique<shared_place<postgres_place>>(place)};
  auto subscription = world.subscribe();
  end_backlog(place, world, subscription);
  constexpr int pending = 1'000;
  append(world, subscription, pending);
  world.reopen();
  const auto before = rows_read(place, "delivery_queue");
  subscription.settings.ordering = domain::ordering::fifo;
  expect(world.catalog->update_subscription(subscription));
  world.reopen();
  while (rows_read(place, "delivery_queue") < before + pending) {
  }
  CHECK(rows_read(place, "delivery_queue") - before <= 3 * pending);
  CHECK(ask<int>(place, "select count(distinct sequence) from delivery_queue") == pending + 1);
}

TEST_CASE(
    "PostgreSQL: a backlog of any size may be ordered, and cancelled with what it belongs to") {
  postgres_place place;
  world world{std::make_unique<shared_place<postgres_place>>(place)};
  auto subscription = world.subscribe();
  world.submit({subscription});
  // Longer than other changes may take.
  *place.connect() << "create function take_long() returns trigger language plpgsql as "
                      "'begin perform pg_sleep(1.2); return null; end'";
  const auto slow_down = [&](const std::string& change) {
    *place.connect() << "create trigger taking_long before " + change +
                            " for each statement execute function take_long()";
  };
  slow_down("update or delete on delivery_queue");
  SUBCASE("ordered") {
    subscription.settings.ordering = domain::ordering::fifo;
    expect(world.catalog->update_subscription(subscription));
    CHECK(ask<int>(place, "select count(sequence) from delivery_queue") == 1);
  }
  SUBCASE("with its subscription") {
    expect(world.catalog->delete_subscription(world.owner, subscription.id, world.now));
    CHECK(ask<int>(place, "select count(*) from delivery_queue") == 0);
  }
  SUBCASE("with its application") {
    expect(world.catalog->delete_application(world.owner, world.application.id, world.now));
    CHECK(ask<int>(place, "select count(*) from delivery_queue") == 0);
  }
}

TEST_CASE(
    "PostgreSQL: secrets that are changed while they are resealed stay as they were changed") {
  postgres_place place;
  place.secrets = secret_box_of("a");
  world world{std::make_unique<shared_place<postgres_place>>(place)};
  const auto subscription = world.subscribe();
  place.secrets = secret_box_of("ba");
  world.reopen();
  const auto other = place.connect();
  *other << "begin";
  *other << "update subscriptions set secrets = 'changed'";
  std::atomic<bool> ended{false};
  result<resealed_page> page;
  std::thread resealer{[&] {
    page = world.catalog->reseal_secrets(reseal_scope::all, {}, 10);
    ended = true;
  }};
  while (!ended && ask<int>(place,
                            "select count(*) from pg_stat_activity where "
                            "wait_event_type = 'Lock' and "
                            "query like '%update subscriptions set secrets = $%'") == 0) {
  }
  *other << "commit";
  resealer.join();
  CHECK(expect(page).subscriptions == 1);
  CHECK(page->resealed == 0);
  CHECK(ask<std::string>(place, "select secrets from subscriptions") == "changed");
}

TEST_CASE("PostgreSQL: an append that waits for a lock in vain ends within a second and a half") {
  postgres_place place;
  world world{std::make_unique<shared_place<postgres_place>>(place)};
  const auto subscription = world.subscribe();
  world.submit({subscription});
  const auto operator_session = place.connect();
  *operator_session << "begin; lock table delivery_queue";
  const auto started = std::chrono::steady_clock::now();
  const auto refused = world.append({world.event({subscription})});
  CHECK(std::chrono::steady_clock::now() - started < std::chrono::milliseconds{1'500});
  CHECK(code_of(refused) == ec::store_unavailable);
  *operator_session << "rollback";
  CHECK(world.pending(subscription).size() == 1);
}

TEST_CASE("PostgreSQL: an append whose connection ends while it commits stores its events once") {
  postgres_place place;
  world world{std::make_unique<shared_place<postgres_place>>(place)};
  const auto subscription = world.subscribe();
  world.submit({subscription});
  // Ends the connection of the session when its first statement has done everything but commit.
  *place.connect() << "create function end_connection() returns trigger language plpgsql as "
                      "'begin perform pg_terminate_backend(pg_backend_pid()); return null; end'";
  *place.connect() << "create constraint trigger ending after insert on delivery_queue "
                      "initially deferred for each row execute function end_connection()";
  const auto failed = world.append({world.event({subscription})});
  CHECK(code_of(failed) == ec::store_unavailable);
  *place.connect() << "drop trigger ending on delivery_queue";
  CHECK(world.events().size() == 1);
  world.submit({subscription});
  CHECK(world.events().size() == 2);
}

TEST_CASE(
    "PostgreSQL: partitions are made ahead, dropped when they are old, and kept for what is "
    "pending") {
  postgres_place place;
  world world{std::make_unique<shared_place<postgres_place>>(place)};
  const auto count = [&] {
    return ask<int>(place, "select count(*) from pg_inherits where inhparent = 'events'::regclass");
  };
  expect(world.upkeep->prepare(at(0)));
  CHECK(count() == 8);
  const auto subscription = world.subscribe();
  world.submit({subscription});
  CHECK(count() == 8);
  expect(world.upkeep->purge_events(at(3 * 86'400), std::chrono::days{0}, 10));
  CHECK(count() == 6);
  CHECK(ask<int>(place,
                 "select count(*) from pg_tables where schemaname = current_schema() "
                 "and tablename like 'attempts_2%'") == 6);
  CHECK(world.pending(subscription).size() == 1);
}

TEST_CASE("PostgreSQL: a day is dropped when the longest retention of all applications is over") {
  postgres_place place;
  world world{std::make_unique<shared_place<postgres_place>>(place)};
  const auto is_kept = [&](int days_later, int default_days) {
    expect(world.upkeep->purge_events(at(days_later * 86'400), std::chrono::days{default_days}, 1));
    return ask<int>(place, "select count(*) from events") == 1;
  };
  auto longest = world.new_application("longest");
  longest.retention_days = 9;
  expect(world.catalog->insert_application(longest));
  world.application.retention_days = 1;
  expect(world.catalog->update_application(world.owner, world.application));
  world.submit({});

  CHECK(is_kept(9, 5));
  expect(world.catalog->delete_application(world.owner, longest.id, world.now));
  // The day of the event ends before the store's own retention begins.
  CHECK(is_kept(5, 5));
  CHECK_FALSE(is_kept(6, 5));
}

TEST_CASE("PostgreSQL: a partition whose detaching was interrupted is dropped by the next purge") {
  postgres_place place;
  world world{std::make_unique<shared_place<postgres_place>>(place)};
  expect(world.upkeep->prepare(at(0)));
  // A reader of the parent keeps a detach from ending.
  auto reader = place.connect();
  *reader << "begin";
  int rows = 0;
  *reader << "select count(*) from events", soci::into(rows);
  auto detacher = place.connect();
  *detacher << "set statement_timeout = 200";
  CHECK_THROWS(*detacher << "alter table events detach partition events_20260202 concurrently");
  *reader << "rollback";
  REQUIRE(ask<int>(place, "select count(*) from pg_inherits where inhdetachpending") == 1);
  expect(world.upkeep->purge_events(at(86'400), std::chrono::days{0}, 10));
  CHECK(ask<int>(place, "select count(*) from pg_inherits where inhdetachpending") == 0);
  CHECK(ask<int>(place,
                 "select count(*) from pg_tables where schemaname = current_schema() "
                 "and tablename like '%20260202'") == 0);
}

TEST_CASE("PostgreSQL: what an append adds to a subscription after its deletion is cancelled") {
  postgres_place place;
  world world{std::make_unique<shared_place<postgres_place>>(place)};
  const auto subscription = world.subscribe();
  const auto event = world.submit({});
  world.now = at(100);
  expect(world.catalog->delete_subscription(world.owner, subscription.id, world.now));
  *place.connect() << "insert into delivery_queue(subscription, event_id, due_us, shard, priority, "
                      "attempts, run_attempts) values(" +
                          std::to_string(domain::to_integer(subscription.number)) + ", '" +
                          domain::to_string(event) + "', 0, 0, 1, 0, 0)";
  CHECK(expect(world.upkeep->cancel_orphans(at(101))) == 1);
  CHECK(expect(world.upkeep->cancel_orphans(at(101))) == 0);
  CHECK(world.delivery(event, subscription).status == delivery_status::cancelled);
}

TEST_CASE("PostgreSQL: lists come from a replica, and from the primary while there is none") {
  postgres_place place;
  world world{std::make_unique<shared_place<postgres_place>>(place)};
  const auto event = world.submit({});
  for (const auto& replica : {place.url(), std::string{"postgresql:///x?host=/nonexistent"}}) {
    CAPTURE(replica);
    const auto store =
        expect(open_store(store_options{.url = place.url(), .read_urls = {replica}}));
    const auto history = store->open_history();
    for (int i = 0; i < 2; ++i)
      CHECK(expect(history->list_events(world.owner, {}, {})).rows.at(0).id == event);
  }
}

TEST_CASE("PostgreSQL: who takes the shards over waits for outcomes that are being written") {
  postgres_place place;
  world world{std::make_unique<shared_place<postgres_place>>(place)};
  const auto subscription = world.subscribe();
  const auto event = world.submit({subscription});
  world.finish(world.submit({subscription}), subscription, delivery_status::delivered);
  // Holds the queue's row, and so keeps the recorder inside its statement, behind its fence.
  auto holder = place.connect();
  *holder << "begin";
  *holder << "select from delivery_queue for update";
  const auto outcome = world.outcome(event, subscription, 1, delivery_status::delivered);
  std::thread recording{[&] { CHECK(world.record(outcome) == record_status::recorded); }};
  while (ask<int>(place, "select count(*) from pg_locks where not granted") == 0)
    std::this_thread::yield();
  std::thread takeover{[&] { expect(world.ownership->claim_all("node-2")); }};
  while (ask<int>(place, "select count(*) from pg_locks where not granted") < 2)
    std::this_thread::yield();
  *holder << "rollback";
  recording.join();
  takeover.join();
  CHECK(world.record(world.outcome(event, subscription, 2, delivery_status::dead)) ==
        record_status::fenced);
}

}  // namespace talaria::persistence::test
