#include "persistence/sqlite/sqlite_store.hpp"

#include "tests/persistence/conformance.hpp"

#include <soci/soci.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>

namespace talaria::persistence::test {

namespace {

/// A store whose file cannot grow past a number of pages.
class bounded_place : public sqlite_place {
public:
  std::unique_ptr<store> open(const retention_clock& retention) override {
    REQUIRE(migrate_store(url()));
    constexpr std::int64_t pages_max = 400;
    return *sqlite::open({file(), pages_max},
                         {.url = url(), .read_urls = {}, .retention = retention});
  }
};

/// Appends every event in a process of its own, which has nothing of this one's store open.
pid_t append_in_process(sqlite_place& place, const std::vector<new_event>& events,
                        std::int64_t catalog_revision) {
  const auto child = ::fork();
  if (child != 0)
    return child;
  const auto store = open_store(place.url());
  bool appended = store.has_value();
  for (std::size_t i = 0; appended && i < events.size(); ++i) {
    const std::vector<event_group> groups{{{events[i]}}};
    appended = (*store)->open_event_appender()->append(groups, catalog_revision).has_value();
  }
  ::_exit(appended ? 0 : 1);
}

/// Lets no file grow past a size, as a full disk would not, until it is destroyed.
class file_size_limit {
public:
  explicit file_size_limit(rlim_t bytes) : handler_{std::signal(SIGXFSZ, SIG_IGN)} {
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
    const rlimit limit{bytes, before_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
  }
  ~file_size_limit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  file_size_limit(const file_size_limit&) = delete;
  file_size_limit& operator=(const file_size_limit&) = delete;

private:
  void (*handler_)(int);
  rlimit before_{};
};

}  // namespace

TEST_CASE("a full store refuses events with store_full, keeps what it has, and works once purged") {
  world world{std::make_unique<bounded_place>()};
  const auto subscription = world.subscribe();
  const std::string payload(20'000, 'x');
  std::vector<domain::event_id> stored;
  result<appended_group> appended;
  for (;;) {
    auto event = world.event({subscription}, payload);
    const auto id = event.event->id;
    appended = world.append({std::move(event)});
    if (!appended)
      break;
    stored.push_back(id);
    REQUIRE(stored.size() < 1000);
  }
  CHECK(code_of(appended) == ec::store_full);
  CHECK(stored.size() > 10);
  CHECK(world.pending(subscription) == stored);
  CHECK(world.events().size() == stored.size());

  for (const auto& event : stored)
    world.finish(event, subscription, delivery_status::delivered);
  CHECK(expect(world.upkeep->purge_events(world.now + 1s, std::chrono::days{0}, 1000)) ==
        stored.size());
  CHECK(world.append({world.event({subscription}, payload)}));
}

TEST_CASE("sessions recover by themselves once the disk takes writes again") {
  auto place = std::make_unique<sqlite_place>();
  const auto file = place->file();
  world world{std::move(place)};
  const auto subscription = world.subscribe();
  const auto first = world.submit({subscription});
  {
    const file_size_limit none{std::filesystem::file_size(file + "-wal")};
    const auto code = code_of(world.append({world.event({subscription})}));
    CHECK((code == ec::store_unavailable || code == ec::store_full));
    CHECK_FALSE(world.store->probe());
    CHECK(world.pending(subscription) == std::vector{first});
  }
  const auto second = world.submit({subscription});
  world.finish(first, subscription, delivery_status::delivered);
  CHECK(world.store->probe());
  CHECK(world.pending(subscription) == std::vector{second});
}

TEST_CASE("while another process writes the probe fails in time, and succeeds afterwards") {
  auto place = std::make_unique<sqlite_place>();
  const auto file = place->file();
  const world world{std::move(place)};
  soci::session other{"sqlite3", "dbname=" + file};
  other << "begin immediate";
  const auto started = std::chrono::steady_clock::now();
  CHECK(code_of(world.store->probe()) == ec::store_unavailable);
  CHECK(std::chrono::steady_clock::now() - started < 1s);
  other << "rollback";
  CHECK(world.store->probe());
}

TEST_CASE("processes that append the same keys at once store each key's event once") {
  constexpr std::size_t keys = 30;
  sqlite_place place;
  std::vector<std::vector<new_event>> submissions(3);
  std::int64_t revision = 0;
  {
    world world{std::make_unique<shared_place<sqlite_place>>(place)};
    revision = world.catalog_revision();
    for (auto& events : submissions) {
      for (std::size_t key = 0; key < keys; ++key)
        events.push_back(world.keyed_event(std::to_string(key)));
    }
  }
  std::vector<pid_t> children;
  for (const auto& events : submissions)
    children.push_back(append_in_process(place, events, revision));
  for (const auto child : children) {
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
  }
  soci::session session{"sqlite3", "dbname=" + place.file()};
  int events = 0;
  session << "select count(*) from events", soci::into(events);
  CHECK(events == keys);
}

TEST_CASE("a subscription that cannot be read makes its reader fail, and names no secret") {
  auto place = std::make_unique<sqlite_place>();
  const auto file = place->file();
  place->secrets = {};
  world world{std::move(place)};
  const auto subscription = world.subscribe();
  soci::session other{"sqlite3", "dbname=" + file};
  const auto secret = domain::secret_to_text(subscription.secrets[0].key);
  for (const auto* damage : {"settings = '{}'", "settings = 'x'", "settings = '[]'",
                             "secrets = replace(secrets, 'whsec_', '')", "secrets = '[1]'"}) {
    CAPTURE(damage);
    other << "begin";
    other << "create temp table kept as select settings, secrets from subscriptions";
    other << "update subscriptions set " << damage;
    other << "commit";
    const auto changes = world.catalog->changes_since(0);
    CHECK(code_of(changes) == ec::store_unavailable);
    CHECK(changes.error().detail.find(to_string(subscription.id)) != std::string::npos);
    CHECK(changes.error().detail.find(secret.substr(6)) == std::string::npos);
    other << "update subscriptions set settings = (select settings from kept), "
             "secrets = (select secrets from kept)";
    other << "drop table kept";
  }
  CHECK(world.catalog->changes_since(0));
}

TEST_CASE("when every number of a subscription was given, no more can be made") {
  auto place = std::make_unique<sqlite_place>();
  const auto file = place->file();
  world world{std::move(place)};
  world.subscribe();
  soci::session other{"sqlite3", "dbname=" + file};
  other << "update sqlite_sequence set seq = " << domain::subscription_number_max - 1
        << " where name = 'subscriptions'";
  CHECK(world.subscribe().number == subscription_number{domain::subscription_number_max});
  const auto revision = world.catalog_revision();
  CHECK(code_of(world.catalog->insert_subscription(world.new_subscription())) == ec::store_full);
  CHECK(world.catalog_revision() == revision);
}

TEST_CASE("a page that was cut does not keep the log from being emptied") {
  auto place = std::make_unique<sqlite_place>();
  const auto file = place->file();
  world world{std::move(place)};
  const auto subscription = world.subscribe();
  for (int i = 0; i < 3; ++i)
    world.submit({subscription}, std::string(1000, 'x'));
  REQUIRE(expect(world.queue->page({subscription.number, world.now, 10, 1500})).deliveries.size() ==
          1);
  expect(world.history->list_events(world.owner, {}, {1, std::nullopt}));
  expect(world.history->list_deliveries(world.owner, {}, {1, std::nullopt}));
  soci::session other{"sqlite3", "dbname=" + file};
  int busy = -1;
  other << "pragma wal_checkpoint(truncate)", soci::into(busy);
  CHECK(busy == 0);
  CHECK(std::filesystem::file_size(file + "-wal") == 0);
}

TEST_CASE("an error names no value that was bound") {
  world world{std::make_unique<bounded_place>()};
  const std::string secret = "a payload that nobody may read in a log";
  result<appended_group> appended;
  do {
    std::string payload(100'000, 'x');
    appended = world.append({world.event({}, secret + payload)});
  } while (appended);
  CHECK(appended.error().detail.find(secret) == std::string::npos);
}

TEST_CASE("SQLite purges up to the number of events asked for, the oldest first") {
  auto world = make_world<sqlite_place>();
  std::vector<domain::event_id> events;
  for (int i = 0; i < 5; ++i) {
    world.now = at(i);
    events.push_back(world.submit({}));
  }
  CHECK(expect(world.upkeep->purge_events(at(4), std::chrono::days{0}, 3)) == 3);
  CHECK(world.events() == std::vector{events[4], events[3]});
  CHECK(expect(world.upkeep->purge_events(at(4), std::chrono::days{0}, 3)) == 1);
  CHECK(expect(world.upkeep->purge_events(at(4), std::chrono::days{0}, 3)) == 0);
  CHECK(world.events() == std::vector{events[4]});
}

TEST_CASE("SQLite purges the events of each application by its own retention, in rounds") {
  auto world = make_world<sqlite_place>();
  const auto purge = [&](int days_later) {
    return expect(world.upkeep->purge_events(at(days_later * 86'400), std::chrono::days{10}, 3));
  };
  const auto submit_to = [&](const char* name, std::optional<std::uint32_t> retention_days) {
    auto application = world.new_application(name);
    application.retention_days = retention_days;
    expect(world.catalog->insert_application(application));
    world.application = application;
    world.submit({});
    world.submit({});
    return application;
  };
  submit_to("two days", 2);
  submit_to("as others", std::nullopt);
  const auto deleted = submit_to("deleted", 5);
  submit_to("two days as well", 2);
  expect(world.catalog->delete_application(world.owner, deleted.id, world.now));

  CHECK(purge(2) == 0);
  CHECK(purge(3) == 3);
  CHECK(purge(3) == 1);
  CHECK(purge(6) == 2);
  CHECK(purge(10) == 0);
  CHECK(purge(11) == 2);
}

}  // namespace talaria::persistence::test
