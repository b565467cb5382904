#include "bench/ceilings/ceilings.hpp"
#include "bench/ceilings/sqlite_file.hpp"
#include "bench/ceilings/thread_cpu_time.hpp"
#include "bench/load/event_payload.hpp"
#include "bench/product/cpu_meter.hpp"
#include "domain/id.hpp"
#include "persistence/store.hpp"
#include "posix/temporary_directory.hpp"

#include <fmt/format.h>

#include <random>
#include <stdexcept>

namespace talaria::bench {

namespace {

using std::chrono::steady_clock;

constexpr std::size_t payload_bytes = 300;

/// Talaria's columns, without its indexes.
constexpr const char* bare_tables = R"(
  create table events(
    id blob not null primary key, application_id blob not null, event_type text not null,
    labels text not null, occurred_us bigint not null, received_us bigint not null,
    priority bigint not null, fan_out text not null, payload blob not null);
  create table delivery_queue(
    subscription bigint not null, event_id blob not null, shard bigint not null,
    due_us bigint not null, attempts bigint not null, run_attempts bigint not null,
    priority bigint not null, primary key(subscription, event_id)) without rowid)";

std::filesystem::path make_store(const std::filesystem::path& directory, insert_tables tables) {
  auto path = directory / "store.db";
  if (tables == insert_tables::bare) {
    sqlite_file{path}.run(bare_tables);
  } else if (const auto migrated = persistence::migrate_store("sqlite:" + path.string());
             !migrated) {
    throw std::runtime_error(migrated.error().detail);
  }
  return path;
}

std::string_view bytes_of(const domain::uuid& id) {
  return {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()};
}

class inserter {
public:
  explicit inserter(const std::filesystem::path& path) : file_{path} {}

  void insert(std::size_t batch_events) {
    file_.run("begin immediate");
    for (std::size_t event = 0; event < batch_events; ++event)
      insert_one();
    file_.run("commit");
  }

private:
  void insert_one() {
    const auto now =
        std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
    const auto now_us = now.time_since_epoch().count();
    const auto id = ids_.next(now, random_());
    event_.blob(bytes_of(id)).blob(bytes_of(application_)).text("bench.event").text("{}");
    event_.number(now_us).number(now_us).number(1).text("[1]").blob(payload_).run();
    delivery_.number(1).blob(bytes_of(id)).number(1).number(now_us);
    delivery_.number(0).number(0).number(1).run();
  }

  sqlite_file file_;
  sqlite_file::statement event_{
      file_,
      "insert into events(id, application_id, event_type, labels, occurred_us, received_us,"
      " priority, fan_out, payload) values(?, ?, ?, ?, ?, ?, ?, ?, ?)"};
  sqlite_file::statement delivery_{
      file_,
      "insert into delivery_queue(subscription, event_id, shard, due_us, attempts,"
      " run_attempts, priority) values(?, ?, ?, ?, ?, ?, ?)"};
  const std::string payload_ = load::make_payload(payload_bytes);
  domain::uuid_sequence ids_;
  std::mt19937_64 random_{1};
  const domain::uuid application_{};
};

figure measure(const settings& settings, std::size_t batch_events, insert_tables tables) {
  const posix::temporary_directory directory{settings.directory / "talaria-bench"};
  inserter inserts{make_store(directory.path(), tables)};
  load::latency_histogram commits;
  std::uint64_t events = 0;
  const cpu_meter meter;
  const auto cpu_before = thread_cpu_time();
  const auto started = steady_clock::now();
  auto now = started;
  while (now - started < settings.duration) {
    inserts.insert(batch_events);
    events += batch_events;
    const auto committed = steady_clock::now();
    commits.record(committed - now);
    now = committed;
  }
  const std::chrono::duration<double> elapsed = now - started;
  const std::chrono::duration<double, std::micro> cpu = thread_cpu_time() - cpu_before;
  return {.name = sqlite_insert_ceiling_name(batch_events, tables),
          .per_second = static_cast<double>(events) / elapsed.count(),
          .unit = "events",
          .latency = summarize(commits),
          .cpu_us = cpu.count() / static_cast<double>(events),
          .others_cpu = meter.others()};
}

}  // namespace

std::string sqlite_insert_ceiling_name(std::size_t batch_events, insert_tables tables) {
  return fmt::format("ceiling: SQLite inserts by {}{}", batch_events,
                     tables == insert_tables::bare ? "" : ", Talaria's tables");
}

scenario sqlite_insert_ceiling(std::size_t batch_events, insert_tables tables) {
  return {sqlite_insert_ceiling_name(batch_events, tables),
          [=](const settings& settings) { return measure(settings, batch_events, tables); }};
}

}  // namespace talaria::bench
