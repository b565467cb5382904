#include "bench/ceilings/ceilings.hpp"
#include "bench/ceilings/thread_cpu_time.hpp"
#include "bench/load/event_payload.hpp"
#include "bench/product/cpu_meter.hpp"
#include "bench/store/binary_array.hpp"
#include "bench/store/postgresql_connection.hpp"
#include "bench/store/postgresql_server.hpp"
#include "domain/id.hpp"

#include <fmt/format.h>

#include <array>
#include <future>
#include <random>

namespace talaria::bench {

namespace {

using std::chrono::nanoseconds;
using std::chrono::steady_clock;

constexpr std::size_t payload_bytes = 300;
/// One by itself waits for the server, and eight only wait for each other.
constexpr std::array<std::size_t, 3> connection_counts{1, 2, 4};

/// Talaria's columns, without its indexes.
constexpr const char* bare_tables = R"(
  create table events(
    id uuid not null primary key, application_id uuid not null, event_type text not null,
    labels text not null, occurred_us bigint not null, received_us bigint not null,
    priority smallint not null, fan_out int[] not null, payload bytea not null);
  create table delivery_queue(
    subscription int not null, event_id uuid not null, shard smallint not null,
    due_us bigint not null, attempts int not null, run_attempts int not null,
    priority smallint not null, primary key(subscription, event_id)))";

/// One statement: its own transaction, and one way to the server and back.
constexpr const char* insert_statement = R"(
  with input as materialized (
    select id, payload from unnest($1::uuid[], $2::bytea[]) as input(id, payload)),
  stored as (
    insert into events
    select id, '00000000-0000-0000-0000-000000000000', 'bench.event', '{}', $3::bigint, $3::bigint,
           1, array[1], payload
    from input)
  insert into delivery_queue select 1, id, 1, $3::bigint, 0, 0, 1 from input)";

struct share {
  std::uint64_t events = 0;
  load::latency_histogram commits;
  nanoseconds cpu{0};
};

std::string_view bytes_of(const domain::uuid& id) {
  return {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()};
}

class inserter {
public:
  /// @param seed One for each connection, as their ids must differ.
  inserter(const std::string& url, std::uint64_t seed) : connection_{url}, random_{seed} {
    connection_.prepare(insert_statement);
  }

  void insert(std::size_t batch_events) {
    const auto now =
        std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
    binary_array ids{element_type::uuid, batch_events};
    binary_array payloads{element_type::bytea, batch_events};
    for (std::size_t event = 0; event < batch_events; ++event) {
      ids.add(bytes_of(ids_.next(now, random_())));
      payloads.add(payload_);
    }
    connection_.execute({std::move(ids).take(), std::move(payloads).take(),
                         to_binary(std::int64_t{now.time_since_epoch().count()})});
  }

  share insert_until(steady_clock::time_point end, std::size_t batch_events) {
    share done;
    for (auto now = steady_clock::now(); now < end;) {
      insert(batch_events);
      done.events += batch_events;
      const auto committed = steady_clock::now();
      done.commits.record(committed - now);
      now = committed;
    }
    done.cpu = thread_cpu_time();
    return done;
  }

private:
  postgresql_connection connection_;
  const std::string payload_ = load::make_payload(payload_bytes);
  domain::uuid_sequence ids_;
  std::mt19937_64 random_;
};

/// A database that goes with it.
class bare_database {
public:
  explicit bare_database(const std::string& server_url)
      : server{server_url}, url{server.make_database()} {
    postgresql_connection{url}.run(bare_tables);
  }
  bare_database(const bare_database&) = delete;
  bare_database& operator=(const bare_database&) = delete;
  ~bare_database() {
    try {
      server.drop_database(url);
    } catch (const std::runtime_error&) {
      // The server is gone, and the measurement has said so.
    }
  }

  postgresql_server server;
  const std::string url;
};

figure measure(const std::string& server_url, std::chrono::milliseconds duration,
               std::size_t batch_events, std::size_t connections) {
  const bare_database database{server_url};
  const cpu_meter meter{{}, [&] { return database.server.cpu_time(); }};
  const auto started = steady_clock::now();
  std::vector<std::future<share>> under_way;
  for (std::size_t number = 0; number < connections; ++number)
    under_way.push_back(std::async(std::launch::async, [&, number] {
      return inserter{database.url, number}.insert_until(started + duration, batch_events);
    }));
  share all;
  for (auto& result : under_way) {
    const auto one = result.get();
    all.events += one.events;
    all.commits.merge(one.commits);
    all.cpu += one.cpu;
  }
  const std::chrono::duration<double> elapsed = steady_clock::now() - started;
  const std::chrono::duration<double, std::micro> cpu = all.cpu + meter.store();
  return {.name = postgresql_insert_ceiling_name(batch_events),
          .per_second = static_cast<double>(all.events) / elapsed.count(),
          .unit = "events",
          .latency = summarize(all.commits),
          .cpu_us = cpu.count() / static_cast<double>(std::max<std::uint64_t>(all.events, 1)),
          .others_cpu = meter.others(),
          .details = {{"connections", static_cast<double>(connections)}}};
}

/// The best number of connections shares the time with the others.
figure measure_best(const settings& settings, std::size_t batch_events) {
  figure best;
  for (const auto connections : connection_counts) {
    auto measured = measure(settings.postgresql_url, settings.duration / connection_counts.size(),
                            batch_events, connections);
    if (measured.per_second > best.per_second)
      best = std::move(measured);
  }
  return best;
}

}  // namespace

std::string postgresql_insert_ceiling_name(std::size_t batch_events) {
  return fmt::format("ceiling: PostgreSQL inserts by {}", batch_events);
}

scenario postgresql_insert_ceiling(std::size_t batch_events) {
  return {postgresql_insert_ceiling_name(batch_events),
          [=](const settings& settings) { return measure_best(settings, batch_events); }};
}

}  // namespace talaria::bench
