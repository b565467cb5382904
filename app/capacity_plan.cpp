#include "app/capacity_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

namespace talaria::app {

namespace {

using namespace capacity;

constexpr double seconds_per_day = 86'400;
constexpr double us_per_second = 1e6;
constexpr double bytes_per_kilobyte = 1000;

/// Put so that it refuses what is no number as well.
template <class Number>
domain::result<void> check(const char* field, Number value, Number min, Number max) {
  if (value >= min && value <= max)
    return {};
  return domain::fail(domain::ec::invalid_value, fmt::format("must be from {} to {}", min, max),
                      field);
}

domain::result<void> check(const workload& load) {
  using namespace workload_limits;
  for (const auto& checked :
       {check("events_per_second", load.events_per_second, events_per_second_min,
              events_per_second_max),
        check("fan_out", load.fan_out, 0.0, fan_out_max),
        check("payload_bytes", load.payload_bytes, payload_bytes_min, payload_bytes_max),
        check("latency", load.latency.count(), latency_min.count(), latency_max.count()),
        check("retention_days", load.retention_days, retention_days_min, retention_days_max)}) {
    if (!checked)
      return checked;
  }
  return {};
}

/// How many of `capacity` carry `load` without any of them being used beyond `utilisation_max`.
std::uint64_t count_for(double load, double capacity) {
  const double wanted = load / (capacity * utilisation_max);
  return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(wanted)));
}

void add_load(const workload& load, capacity_plan& plan) {
  const double kilobytes = static_cast<double>(load.payload_bytes) / bytes_per_kilobyte;
  const double events = load.events_per_second;
  const double deliveries = events * load.fan_out;
  plan.deliveries_per_second = deliveries;
  plan.attempts_under_way = deliveries * std::chrono::duration<double>{load.latency}.count();
  plan.row_writes_per_second = events * rows_per_event + deliveries * rows_per_delivery;
  plan.sent_bytes_per_second = deliveries * static_cast<double>(load.payload_bytes);
  plan.node_processors =
      (events * (node_us_per_event + node_us_per_event_kilobyte * kilobytes) +
       deliveries * (node_us_per_delivery + node_us_per_delivery_kilobyte * kilobytes)) /
      us_per_second;
  plan.store_processors = (events * (store_us_per_event + store_us_per_event_kilobyte * kilobytes) +
                           deliveries * store_us_per_delivery) /
                          us_per_second;
}

void add_nodes(capacity_plan& plan) {
  plan.cells = count_for(plan.row_writes_per_second, store_rows_per_second_max);
  const auto cells = static_cast<double>(plan.cells);
  const auto at_work =
      std::max(count_for(plan.attempts_under_way / cells, static_cast<double>(node_attempts_max)),
               count_for(plan.node_processors / cells, capacity::node_processors));
  plan.nodes_per_cell = at_work + 1;
  plan.nodes = plan.cells * plan.nodes_per_cell;
  plan.connections_per_cell = plan.nodes_per_cell * node_connections_max;
  plan.store_processors +=
      static_cast<double>(plan.nodes) * store_us_per_node_second / us_per_second;

  const double working = cells * static_cast<double>(at_work);
  plan.attempts_utilisation =
      plan.attempts_under_way / (working * static_cast<double>(node_attempts_max));
  plan.processors_utilisation = plan.node_processors / (working * capacity::node_processors);
  plan.rows_utilisation = plan.row_writes_per_second / (cells * store_rows_per_second_max);
}

bottleneck narrowest(const capacity_plan& plan) {
  if (plan.rows_utilisation >= std::max(plan.attempts_utilisation, plan.processors_utilisation))
    return bottleneck::store_rows;
  return plan.attempts_utilisation >= plan.processors_utilisation ? bottleneck::attempts_under_way
                                                                  : bottleneck::node_processors;
}

void add_memory(const workload& load, capacity_plan& plan) {
  const auto bodies = std::min(node_submissions_max * load.payload_bytes, node_bodies_bytes_max);
  plan.memory_bytes_per_node =
      node_memory_bytes + node_attempts_max * payload_copies * load.payload_bytes + bodies;
}

void add_storage(const workload& load, capacity_plan& plan) {
  const double bytes_per_second =
      load.events_per_second * (store_bytes_per_event + static_cast<double>(load.payload_bytes)) +
      plan.deliveries_per_second * store_bytes_per_delivery;
  plan.storage_bytes_per_day = bytes_per_second * seconds_per_day;
  // A day is dropped as a whole, when all of it is old enough.
  plan.storage_bytes = plan.storage_bytes_per_day * (load.retention_days + 1.0);
}

}  // namespace

domain::result<capacity_plan> plan_capacity(const workload& load) {
  if (const auto checked = check(load); !checked)
    return tl::unexpected(checked.error());
  capacity_plan plan;
  add_load(load, plan);
  add_nodes(plan);
  plan.narrowest = narrowest(plan);
  add_memory(load, plan);
  add_storage(load, plan);
  return plan;
}

}  // namespace talaria::app
