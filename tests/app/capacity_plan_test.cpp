#include "app/capacity_plan.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <limits>

using namespace talaria::app;
using namespace std::chrono_literals;

namespace {

/// Little of everything: one node is enough.
workload small_load() {
  return {.events_per_second = 100,
          .fan_out = 2,
          .payload_bytes = 1000,
          .latency = 100ms,
          .retention_days = 30};
}

capacity_plan plan(const workload& load) {
  const auto made = plan_capacity(load);
  REQUIRE(made);
  return *made;
}

/// The member at fault, or nothing.
std::string fault_of(const std::function<void(workload&)>& change) {
  auto load = small_load();
  change(load);
  const auto made = plan_capacity(load);
  return made ? "" : made.error().field;
}

/// So many requests under way, at next to no cost.
workload waiting_load(double attempts) {
  auto load = small_load();
  load.fan_out = 1;
  load.latency = 60s;
  load.events_per_second = attempts / 60;
  return load;
}

/// So many row writes a second, of which almost nothing is delivered.
workload writing_load(double rows) {
  auto load = small_load();
  load.fan_out = 0;
  load.events_per_second = rows;
  return load;
}

}  // namespace

TEST_CASE("a small load takes one node and one to spare") {
  const auto made = plan(small_load());
  CHECK(made.cells == 1);
  CHECK(made.nodes_per_cell == 2);
  CHECK(made.nodes == 2);
  CHECK(made.connections_per_cell == 2 * capacity::node_connections_max);
}

TEST_CASE("requests under way are the rate times the latency") {
  CHECK(plan(small_load()).attempts_under_way == doctest::Approx(100 * 2 * 0.1));
}

TEST_CASE(
    "a node more is wanted when requests under way exceed the share of the cap that is used") {
  const double most = static_cast<double>(capacity::node_attempts_max) * capacity::utilisation_max;
  CHECK(plan(waiting_load(most - 0.1)).nodes == 2);
  CHECK(plan(waiting_load(most + 0.1)).nodes == 3);
  CHECK(plan(waiting_load(2 * most + 0.1)).nodes == 4);
  CHECK(plan(waiting_load(most + 0.1)).narrowest == bottleneck::attempts_under_way);
}

TEST_CASE("a node more is wanted when processors are used beyond their share") {
  auto load = small_load();
  load.payload_bytes = 100'000;
  load.latency = 1ms;
  load.fan_out = 1;
  const double us_each =
      capacity::node_us_per_event + capacity::node_us_per_delivery +
      100 * (capacity::node_us_per_event_kilobyte + capacity::node_us_per_delivery_kilobyte);
  const double most = capacity::node_processors * capacity::utilisation_max * 1e6 / us_each;
  load.events_per_second = most - 0.01;
  CHECK(plan(load).nodes == 2);
  load.events_per_second = most + 0.01;
  CHECK(plan(load).nodes == 3);
  CHECK(plan(load).narrowest == bottleneck::node_processors);
}

TEST_CASE("an event is one row, and each delivery three") {
  CHECK(plan(small_load()).row_writes_per_second == doctest::Approx(100 * (1 + 3 * 2)));
}

TEST_CASE("one PostgreSQL is not enough beyond the share of row writes that was measured") {
  const double most = capacity::store_rows_per_second_max * capacity::utilisation_max;
  const auto within = plan(writing_load(most - 1));
  CHECK(within.cells == 1);
  CHECK(within.narrowest != bottleneck::attempts_under_way);
  const auto beyond = plan(writing_load(most + 1));
  CHECK(beyond.cells == 2);
  CHECK(beyond.nodes == 2 * beyond.nodes_per_cell);
  CHECK(beyond.connections_per_cell == beyond.nodes_per_cell * capacity::node_connections_max);
}

TEST_CASE("each cell has a node to spare") {
  auto load = writing_load(capacity::store_rows_per_second_max * 3);
  const auto made = plan(load);
  CHECK(made.cells == 5);
  CHECK(made.nodes_per_cell >= 2);
  CHECK(made.nodes == 5 * made.nodes_per_cell);
}

TEST_CASE("row writes are the bottleneck when nodes enough leave the store as the fullest") {
  auto load = small_load();
  load.payload_bytes = 2000;
  load.fan_out = 3;
  load.latency = 250ms;
  load.events_per_second = 60'000;
  const auto made = plan(load);
  CHECK(made.narrowest == bottleneck::store_rows);
  CHECK(made.rows_utilisation > made.attempts_utilisation);
  CHECK(made.rows_utilisation > made.processors_utilisation);
}

TEST_CASE("no resource is used beyond its share while a node is away") {
  for (const double rate : {0.001, 1.0, 333.0, 5'000.0, 20'000.0, 1e6}) {
    for (const double fan_out : {0.0, 0.5, 1.0, 30.0, 10'000.0}) {
      for (const auto latency : {1ms, 250ms, 60'000ms}) {
        CAPTURE(rate);
        CAPTURE(fan_out);
        CAPTURE(latency.count());
        const auto made = plan({.events_per_second = rate,
                                .fan_out = fan_out,
                                .payload_bytes = 20'000,
                                .latency = latency,
                                .retention_days = 1});
        const double most = capacity::utilisation_max + 1e-9;
        CHECK(made.attempts_utilisation <= most);
        CHECK(made.processors_utilisation <= most);
        CHECK(made.rows_utilisation <= most);
        CHECK(made.nodes == made.cells * made.nodes_per_cell);
      }
    }
  }
}

TEST_CASE("storage is of events with their payloads and of attempts, for a day more than is kept") {
  const auto made = plan(small_load());
  const double a_day =
      86'400.0 * 100 *
      (capacity::store_bytes_per_event + 1000 + 2 * capacity::store_bytes_per_delivery);
  CHECK(made.storage_bytes_per_day == doctest::Approx(a_day));
  CHECK(made.storage_bytes == doctest::Approx(31 * a_day));
}

TEST_CASE("memory grows with the payload, and bodies of submissions stay within their bound") {
  auto load = small_load();
  load.payload_bytes = 1;
  const auto least = plan(load).memory_bytes_per_node;
  CHECK(least == capacity::node_memory_bytes + 2048 * 2 + 10'000);
  load.payload_bytes = workload_limits::payload_bytes_max;
  CHECK(plan(load).memory_bytes_per_node ==
        capacity::node_memory_bytes + (2048ULL * 2 * 256 << 10U) + capacity::node_bodies_bytes_max);
}

TEST_CASE("each bound of a workload holds at the limit, and one past it names what is at fault") {
  using namespace workload_limits;
  CHECK(fault_of([](auto& load) { load.events_per_second = events_per_second_min; }).empty());
  CHECK(fault_of([](auto& load) { load.events_per_second = 0.0009; }) == "events_per_second");
  CHECK(fault_of([](auto& load) { load.events_per_second = 0; }) == "events_per_second");
  CHECK(fault_of([](auto& load) { load.events_per_second = events_per_second_max; }).empty());
  CHECK(fault_of([](auto& load) { load.events_per_second = events_per_second_max + 1; }) ==
        "events_per_second");
  CHECK(fault_of([](auto& load) {
          load.events_per_second = std::numeric_limits<double>::quiet_NaN();
        }) == "events_per_second");
  CHECK(fault_of([](auto& load) {
          load.events_per_second = std::numeric_limits<double>::infinity();
        }) == "events_per_second");

  CHECK(fault_of([](auto& load) { load.fan_out = 0; }).empty());
  CHECK(fault_of([](auto& load) { load.fan_out = -0.001; }) == "fan_out");
  CHECK(fault_of([](auto& load) { load.fan_out = fan_out_max; }).empty());
  CHECK(fault_of([](auto& load) { load.fan_out = fan_out_max + 1; }) == "fan_out");

  CHECK(fault_of([](auto& load) { load.payload_bytes = payload_bytes_min; }).empty());
  CHECK(fault_of([](auto& load) { load.payload_bytes = payload_bytes_min - 1; }) ==
        "payload_bytes");
  CHECK(fault_of([](auto& load) { load.payload_bytes = payload_bytes_max; }).empty());
  CHECK(fault_of([](auto& load) { load.payload_bytes = payload_bytes_max + 1; }) ==
        "payload_bytes");

  CHECK(fault_of([](auto& load) { load.latency = latency_min; }).empty());
  CHECK(fault_of([](auto& load) { load.latency = latency_min - 1ms; }) == "latency");
  CHECK(fault_of([](auto& load) { load.latency = latency_max; }).empty());
  CHECK(fault_of([](auto& load) { load.latency = latency_max + 1ms; }) == "latency");

  CHECK(fault_of([](auto& load) { load.retention_days = retention_days_min; }).empty());
  CHECK(fault_of([](auto& load) { load.retention_days = retention_days_min - 1; }) ==
        "retention_days");
  CHECK(fault_of([](auto& load) { load.retention_days = retention_days_max; }).empty());
  CHECK(fault_of([](auto& load) { load.retention_days = retention_days_max + 1; }) ==
        "retention_days");
}
