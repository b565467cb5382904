#include "app/plan_command.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>
#include <string_view>

namespace talaria::app {

namespace {

namespace json = boost::json;

constexpr int exit_usage = 2;

constexpr auto plan_footer = R"(
  talaria plan --events-per-second 5000 --fan-out 3 --payload 2000 --latency 250
  talaria plan --events-per-second 5000 --fan-out 3 --payload 2000 --latency 250 --json

Give it your peak, not your mean: it leaves 40 % of each node and of PostgreSQL unused, with one node
away, and reckons that each attempt succeeds at once. What it reckons with was measured on one machine
(docs/performance.md); measure yours with `talaria bench`.

Exit code: 0, or 2 for options out of bounds.)";

struct named_field {
  std::string_view field;
  std::string_view option;
};

constexpr std::array option_names{
    named_field{"events_per_second", "--events-per-second"}, named_field{"fan_out", "--fan-out"},
    named_field{"payload_bytes", "--payload"}, named_field{"latency", "--latency"},
    named_field{"retention_days", "--retention-days"}};

std::string_view option_of(std::string_view field) {
  for (const auto& name : option_names) {
    if (name.field == field)
      return name.option;
  }
  return field;
}

/// What does not fit becomes what no bound admits.
template <class Number>
Number narrowed(std::int64_t given) {
  constexpr auto max = std::numeric_limits<Number>::max();
  if (given < 0)
    return 0;
  return static_cast<std::uint64_t>(given) > max ? max : static_cast<Number>(given);
}

workload workload_of(const plan_options& options) {
  return {.events_per_second = options.events_per_second,
          .fan_out = options.fan_out,
          .payload_bytes = narrowed<std::uint64_t>(options.payload_bytes),
          .latency = std::chrono::milliseconds{options.latency_ms},
          .retention_days = narrowed<std::uint32_t>(options.retention_days)};
}

/// Three digits that tell something.
std::string figure(double value) {
  if (value == 0)
    return "0";
  if (value >= 100)
    return fmt::format("{:.0f}", value);
  if (value >= 0.001)
    return fmt::format("{:.3g}", value);
  return "under 0.001";
}

std::string size(double bytes) {
  constexpr std::array units{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  std::size_t unit = 0;
  while (bytes >= 1024 && unit + 1 < units.size()) {
    bytes /= 1024;
    ++unit;
  }
  return fmt::format("{} {}", figure(bytes), units.at(unit));
}

std::string percent(double share) {
  const double percents = 100 * share;
  return percents > 0 && percents < 1 ? "under 1 %" : fmt::format("{:.0f} %", percents);
}

std::string_view to_text(bottleneck narrowest) {
  switch (narrowest) {
    case bottleneck::attempts_under_way:
      return "attempts_under_way";
    case bottleneck::node_processors:
      return "node_processors";
    case bottleneck::store_rows:
      break;
  }
  return "store_rows";
}

std::string_view advice(bottleneck narrowest) {
  switch (narrowest) {
    case bottleneck::attempts_under_way:
      return "requests under way: slow receivers; more nodes, or a higher delivery.in_flight_max";
    case bottleneck::node_processors:
      return "processors of the nodes: more nodes, or more processors for each";
    case bottleneck::store_rows:
      break;
  }
  return "row writes of PostgreSQL: more nodes do not help, cells do (docs/scaling.md)";
}

std::string line(std::string_view name, const std::string& value) {
  return fmt::format("{:<20}{}\n", name, value);
}

std::string nodes_text(const capacity_plan& plan) {
  if (plan.cells == 1)
    return fmt::format("{}, one of them to spare", plan.nodes);
  return fmt::format("{}: {} in each of {} cells, one of them to spare", plan.nodes,
                     plan.nodes_per_cell, plan.cells);
}

std::string databases_text(const capacity_plan& plan) {
  const auto load =
      fmt::format("{} row writes/s, {} of {:.0f} each", figure(plan.row_writes_per_second),
                  percent(plan.rows_utilisation), capacity::store_rows_per_second_max);
  if (plan.cells == 1)
    return fmt::format("1: {}", load);
  return fmt::format("{}, as one is not enough: {}", plan.cells, load);
}

std::string to_table(const plan_options& options, const capacity_plan& plan) {
  auto text = fmt::format(
      "{} events/s of {} B, each to {} subscriptions that answer after {} ms, kept for {} days\n\n",
      options.events_per_second, options.payload_bytes, options.fan_out, options.latency_ms,
      options.retention_days);
  text += line("nodes", nodes_text(plan));
  text += line("memory", fmt::format("{} a node at the most",
                                     size(static_cast<double>(plan.memory_bytes_per_node))));
  text += line("requests under way",
               fmt::format("{}, {} of {} a node", figure(plan.attempts_under_way),
                           percent(plan.attempts_utilisation), capacity::node_attempts_max));
  text += line("processors",
               fmt::format("{}, {} of {:.0f} a node", figure(plan.node_processors),
                           percent(plan.processors_utilisation), capacity::node_processors));
  text += line("PostgreSQL", databases_text(plan));
  text += line("  processors", figure(plan.store_processors));
  text += line("  connections",
               fmt::format("{}{}, {} a node at the most", plan.connections_per_cell,
                           plan.cells == 1 ? "" : " to each", capacity::node_connections_max));
  text += line("  storage", fmt::format("{} a day, {} in all", size(plan.storage_bytes_per_day),
                                        size(plan.storage_bytes)));
  text += line("sent to receivers", size(plan.sent_bytes_per_second) + "/s");
  text += line("bottleneck", std::string{advice(plan.narrowest)});
  text += fmt::format("\nShares are of the nodes that are left when one is away, and at most {}.\n",
                      percent(capacity::utilisation_max));
  return text;
}

json::object costs() {
  using namespace capacity;
  return {{"utilisation_max", utilisation_max},
          {"node_processors", node_processors},
          {"node_us_per_event", node_us_per_event},
          {"node_us_per_event_kilobyte", node_us_per_event_kilobyte},
          {"node_us_per_delivery", node_us_per_delivery},
          {"node_us_per_delivery_kilobyte", node_us_per_delivery_kilobyte},
          {"node_attempts_max", node_attempts_max},
          {"node_memory_bytes", node_memory_bytes},
          {"node_connections_max", node_connections_max},
          {"store_us_per_event", store_us_per_event},
          {"store_us_per_event_kilobyte", store_us_per_event_kilobyte},
          {"store_us_per_delivery", store_us_per_delivery},
          {"store_us_per_node_second", store_us_per_node_second},
          {"store_rows_per_second_max", store_rows_per_second_max},
          {"rows_per_event", rows_per_event},
          {"rows_per_delivery", rows_per_delivery},
          {"store_bytes_per_event", store_bytes_per_event},
          {"store_bytes_per_delivery", store_bytes_per_delivery}};
}

std::string to_json(const plan_options& options, const capacity_plan& plan) {
  const json::object workload{{"events_per_second", options.events_per_second},
                              {"fan_out", options.fan_out},
                              {"payload_bytes", options.payload_bytes},
                              {"latency_ms", options.latency_ms},
                              {"retention_days", options.retention_days}};
  const json::object utilisation{{"attempts_under_way", plan.attempts_utilisation},
                                 {"node_processors", plan.processors_utilisation},
                                 {"store_rows", plan.rows_utilisation}};
  return json::serialize(json::object{{"workload", workload},
                                      {"nodes", plan.nodes},
                                      {"nodes_per_cell", plan.nodes_per_cell},
                                      {"cells", plan.cells},
                                      {"one_store_is_enough", plan.cells == 1},
                                      {"connections_per_cell", plan.connections_per_cell},
                                      {"memory_bytes_per_node", plan.memory_bytes_per_node},
                                      {"deliveries_per_second", plan.deliveries_per_second},
                                      {"attempts_under_way", plan.attempts_under_way},
                                      {"row_writes_per_second", plan.row_writes_per_second},
                                      {"sent_bytes_per_second", plan.sent_bytes_per_second},
                                      {"node_processors", plan.node_processors},
                                      {"store_processors", plan.store_processors},
                                      {"storage_bytes_per_day", plan.storage_bytes_per_day},
                                      {"storage_bytes", plan.storage_bytes},
                                      {"utilisation", utilisation},
                                      {"bottleneck", to_text(plan.narrowest)},
                                      {"costs", costs()}});
}

}  // namespace

void add_plan_options(CLI::App& command, plan_options& into) {
  command.footer(plan_footer);
  command.add_option("--events-per-second", into.events_per_second, "At the peak")->required();
  command.add_option("--fan-out", into.fan_out, "Deliveries of one event, on average")->required();
  command.add_option("--payload", into.payload_bytes, "Bytes of one event's, on average")
      ->required();
  command
      .add_option("--latency", into.latency_ms,
                  "Milliseconds until receivers answer, on average; those that hang count with "
                  "their timeout")
      ->required();
  command.add_option("--retention-days", into.retention_days, "How long events are kept")
      ->capture_default_str();
  command.add_flag("--json", into.json, "One JSON object");
}

int run_plan(const plan_options& options, std::ostream& out, std::ostream& complaints) {
  const auto plan = plan_capacity(workload_of(options));
  if (!plan) {
    complaints << fmt::format("talaria plan: {}: {}\n", option_of(plan.error().field),
                              plan.error().detail);
    return exit_usage;
  }
  out << (options.json ? to_json(options, *plan) + "\n" : to_table(options, *plan)) << std::flush;
  return EXIT_SUCCESS;
}

}  // namespace talaria::app
