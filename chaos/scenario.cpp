#include "chaos/scenario.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <toml++/toml.h>

#include "chaos/schedule.hpp"
#include "chaos/table_reader.hpp"
#include <algorithm>
#include <array>
#include <set>
#include <span>
#include <utility>

namespace talaria::chaos {

namespace {

namespace json = boost::json;
using domain::ec;
using domain::result;

constexpr std::uint32_t nodes_max = 9;

enum class need : std::uint8_t { nothing, postgresql, cluster };

struct kind_facts {
  fault_kind kind;
  std::string_view name;
  enum need need;
  /// Beside `kind`, `at_ms`, `weight`, `for_ms` and `for_ms_one_of`.
  std::string_view keys;
};

constexpr std::array kinds{
    kind_facts{fault_kind::process_kill, "process_kill", need::nothing, "times down_ms node nodes"},
    kind_facts{fault_kind::process_pause, "process_pause", need::nothing, "node nodes"},
    kind_facts{fault_kind::node_stop, "node_stop", need::nothing, "node nodes"},
    kind_facts{fault_kind::node_join, "node_join", need::cluster, ""},
    kind_facts{fault_kind::rolling_restart, "rolling_restart", need::cluster, ""},
    kind_facts{fault_kind::node_upgrade, "node_upgrade", need::nothing, "how node nodes"},
    kind_facts{fault_kind::descriptor_exhaustion, "descriptor_exhaustion", need::nothing,
               "spare node"},
    kind_facts{fault_kind::disk_full, "disk_full", need::nothing, ""},
    kind_facts{fault_kind::postgres_restart, "postgres_restart", need::postgresql, "how"},
    kind_facts{fault_kind::postgres_terminate_backends, "postgres_terminate_backends",
               need::postgresql, "times"},
    kind_facts{fault_kind::postgres_pause, "postgres_pause", need::postgresql, ""},
    kind_facts{fault_kind::postgres_slow, "postgres_slow", need::postgresql, "delay_ms"},
    kind_facts{fault_kind::postgres_failover, "postgres_failover", need::postgresql, "how"},
    kind_facts{fault_kind::receiver_hostile, "receiver_hostile", need::nothing, "how subscription"},
    kind_facts{fault_kind::fault, "fault", need::nothing,
               "point action path target_kind host count probability delay_ms node"},
    kind_facts{fault_kind::clock_jump, "clock_jump", need::nothing, "offset_ms node"},
    kind_facts{fault_kind::takeover, "takeover", need::postgresql, "node"},
    kind_facts{fault_kind::partition_database, "partition_database", need::postgresql,
               "how node nodes"},
    kind_facts{fault_kind::partition_link, "partition_link", need::cluster, "how node nodes peers"},
};

constexpr std::array<std::string_view, 6> partition_manners{"any",       "cut",       "silent",
                                                            "to_server", "to_client", "flapping"};
constexpr std::array<std::string_view, 3> upgrade_manners{"any", "next", "first"};
constexpr std::array<std::string_view, 2> restart_manners{"fast", "immediate"};
constexpr std::array<std::string_view, 2> failover_manners{"synchronous", "asynchronous"};
constexpr std::array<std::string_view, 8> hostile_manners{"any",   "stall", "reset",   "drip",
                                                          "storm", "huge",  "garbage", "truncate"};

const kind_facts& facts_of(fault_kind kind) {
  return *std::ranges::find(kinds, kind, &kind_facts::kind);
}

bool lists(std::string_view words, std::string_view word) {
  for (std::size_t begin = 0; begin < words.size();) {
    const auto end = std::min(words.find(' ', begin), words.size());
    if (words.substr(begin, end - begin) == word)
      return true;
    begin = end + 1;
  }
  return false;
}

void read_workload(table_reader& root, workload_plan& into, std::optional<domain::error>& error) {
  const auto* table = root.table("workload");
  if (table == nullptr)
    return;
  table_reader reader{*table, "workload."};
  reader.fraction("events_per_second", into.events_per_second, 100'000);
  reader.count("connections", into.connections, 1, 256);
  reader.fraction("keyed", into.keyed, 1);
  reader.count("payload_bytes", into.payload_bytes, 0);
  if (into.events_per_second <= 0)
    reader.fail(ec::invalid_value, "events_per_second", "must be more than 0");
  if (const auto done = reader.finish(); !done)
    error = done.error();
}

result<subscription_plan> read_subscription(const toml::table& table, std::size_t index) {
  subscription_plan made;
  table_reader reader{table, fmt::format("subscription[{}].", index)};
  reader.text("name", made.name);
  reader.flag("ordered", made.ordered);
  reader.flag("only_odd", made.only_odd);
  reader.count("max_in_flight", made.max_in_flight, 1, 1000);
  reader.fraction("fail_rate", made.fail_rate, 1);
  if (made.name.empty())
    reader.fail(ec::missing_field, "name", "is missing");
  if (const auto done = reader.finish(); !done)
    return tl::unexpected(done.error());
  return made;
}

/// The request that the chaos API takes.
void read_request(table_reader& reader, fault_settings& into) {
  json::object request;
  json::object target;
  const auto copy = [&](std::string_view key, std::string_view name, json::object& object) {
    std::string text;
    reader.text(key, text);
    if (!text.empty())
      object[name] = text;
  };
  copy("point", "point", request);
  copy("action", "action", request);
  for (const auto* needed : {"point", "action"}) {
    if (!request.contains(needed))
      reader.fail(ec::missing_field, needed, "is missing");
  }
  copy("path", "path", target);
  copy("target_kind", "kind", target);
  copy("host", "host", target);
  if (!target.empty())
    request["target"] = std::move(target);
  std::int64_t count = 0;
  reader.count("count", count, 1);
  if (count > 0)
    request["count"] = count;
  double probability = 1;
  reader.fraction("probability", probability, 1);
  request["probability"] = probability;
  reader.duration("delay_ms", into.delay, 1);
  if (into.delay.count() > 0)
    request["delay_ms"] = into.delay.count();
  into.request_json = json::serialize(request);
}

void read_settings(table_reader& reader, const kind_facts& kind, fault_settings& into) {
  const auto takes = [&](std::string_view key) { return lists(kind.keys, key); };
  if (takes("node"))
    reader.count("node", into.node, 1, nodes_max);
  if (kind.kind == fault_kind::fault) {
    read_request(reader, into);
    return;
  }
  if (takes("nodes"))
    reader.count("nodes", into.nodes, 1, nodes_max);
  if (takes("peers"))
    reader.count("peers", into.peers, 1, nodes_max);
  if (takes("down_ms"))
    reader.duration("down_ms", into.down, 0);
  if (takes("times"))
    reader.count("times", into.times, 1, 1000);
  if (takes("spare"))
    reader.count("spare", into.spare, 0);
  if (takes("subscription"))
    reader.text("subscription", into.subscription);
  if (takes("delay_ms"))
    reader.duration("delay_ms", into.delay = milliseconds{200}, 1);
  if (takes("offset_ms")) {
    auto offset_ms = into.offset.count();
    reader.count("offset_ms", offset_ms, -table_reader::duration_ms_max,
                 table_reader::duration_ms_max);
    into.offset = milliseconds{offset_ms};
  }
  if (kind.kind == fault_kind::node_upgrade)
    reader.choice("how", into.how = "any", upgrade_manners);
  if (kind.kind == fault_kind::postgres_restart)
    reader.choice("how", into.how = "fast", restart_manners);
  if (kind.kind == fault_kind::postgres_failover)
    reader.choice("how", into.how = "synchronous", failover_manners);
  if (kind.kind == fault_kind::receiver_hostile)
    reader.choice("how", into.how = "any", hostile_manners);
  if (lane_of(kind.kind) == lane::network)
    reader.choice("how", into.how = "any", partition_manners);
}

result<fault_rule> read_fault(const toml::table& table, std::size_t index) {
  fault_rule made;
  table_reader reader{table, fmt::format("fault[{}].", index)};
  std::string name;
  reader.text("kind", name);
  const auto* kind = std::ranges::find(kinds, name, &kind_facts::name);
  if (kind == kinds.end()) {
    reader.fail(ec::invalid_value, "kind", "must be a kind of fault");
    return tl::unexpected(reader.finish().error());
  }
  made.kind = kind->kind;
  made.lasts = {milliseconds{1'000}, milliseconds{1'000}};
  reader.range("for_ms", made.lasts);
  reader.durations("for_ms_one_of", made.lasts_one_of);
  reader.fraction("weight", made.weight, 1'000'000);
  if (reader.has("at_ms"))
    reader.duration("at_ms", made.at.emplace(), 0);
  if (made.at.has_value() == (made.weight > 0))
    reader.fail(ec::invalid_value, "at_ms", "or a weight must say when, and not both");
  read_settings(reader, *kind, made.settings);
  if (const auto done = reader.finish(); !done)
    return tl::unexpected(done.error());
  return made;
}

/// What `talaria serve` makes of them is its own to say.
result<void> read_server_settings(const toml::table& table, const std::string& prefix,
                                  std::map<std::string, std::string>& into) {
  for (const auto& [name, node] : table) {
    const auto key = fmt::format("{}{}", prefix, name.str());
    if (const auto* nested = node.as_table()) {
      if (auto read = read_server_settings(*nested, key + ".", into); !read)
        return read;
    } else if (const auto text = node.value<std::string>()) {
      into[key] = *text;
    } else if (const auto number = node.value_exact<std::int64_t>()) {
      into[key] = std::to_string(*number);
    } else if (const auto flag = node.value_exact<bool>()) {
      into[key] = *flag ? "true" : "false";
    } else {
      return domain::fail(ec::wrong_type, fmt::format("server.{} must be a single value", key),
                          fmt::format("server.{}", key));
    }
  }
  return {};
}

template <class T, class Read>
result<void> read_list(table_reader& root, std::string_view key, const Read& read,
                       std::vector<T>& into) {
  const auto* list = root.list(key);
  if (list == nullptr)
    return {};
  for (std::size_t index = 0; index < list->size(); ++index) {
    const auto* table = list->get(index)->as_table();
    if (table == nullptr)
      return domain::fail(ec::wrong_type, fmt::format("{} must be tables", key), std::string{key});
    auto made = read(*table, index);
    if (!made)
      return tl::unexpected(made.error());
    into.push_back(*std::move(made));
  }
  return {};
}

/// Three of every sort, for scenarios that name none.
std::vector<subscription_plan> usual_subscriptions() {
  return {{.name = "parallel", .max_in_flight = 32},
          {.name = "flaky", .max_in_flight = 16, .fail_rate = 0.3},
          {.name = "ordered", .ordered = true, .fail_rate = 0.02},
          {.name = "odd", .only_odd = true}};
}

result<void> check_subscriptions(const scenario& made) {
  std::set<std::string_view> names;
  for (const auto& each : made.subscriptions) {
    if (!names.insert(each.name).second)
      return domain::fail(ec::invalid_value, fmt::format("two subscriptions are {}", each.name),
                          "subscription");
  }
  for (const auto& each : made.faults) {
    const auto& wanted = each.settings.subscription;
    if (!wanted.empty() && !names.contains(wanted))
      return domain::fail(ec::invalid_value, fmt::format("no subscription is {}", wanted),
                          "subscription");
  }
  return {};
}

/// What needs nodes that are not there.
result<void> check_fault_nodes(const scenario& made) {
  for (std::size_t index = 0; index < made.faults.size(); ++index) {
    const auto& fault = made.faults[index];
    const auto refuse = [&](std::string_view key) {
      const auto field = fmt::format("fault[{}].{}", index, key);
      return domain::fail(ec::invalid_value, fmt::format("{} needs more nodes", field), field);
    };
    if (needs_cluster(fault.kind) && made.nodes == 1)
      return refuse("kind");
    if (fault.settings.node > made.nodes)
      return refuse("node");
    if (fault.settings.nodes > made.nodes)
      return refuse("nodes");
    if (fault.settings.peers >= made.nodes)
      return refuse("peers");
  }
  return {};
}

result<scenario> read_table(const toml::table& table) {
  scenario made;
  table_reader reader{table, ""};
  reader.text("name", made.name);
  std::string ignored;
  reader.text("description", ignored);
  auto store = std::string{to_string(made.store)};
  reader.text("store", store);
  const auto kind = to_store_kind(store);
  if (!kind)
    reader.fail(ec::invalid_value, "store", "must be sqlite or postgresql");
  made.store = kind.value_or(made.store);
  reader.count("nodes", made.nodes, 1, nodes_max);
  auto seconds = made.duration.count() / 1000;
  reader.count("seconds", seconds, 1, table_reader::duration_ms_max / 1000);
  made.duration = std::chrono::seconds{seconds};
  reader.duration("warm_up_ms", made.warm_up, 0);
  reader.range("pause_ms", made.pause);
  reader.duration("drain_ms_max", made.drain_max, 1);
  std::optional<domain::error> error;
  read_workload(reader, made.workload, error);
  if (error)
    return tl::unexpected(*error);
  if (const auto* settings = reader.table("server")) {
    if (auto read = read_server_settings(*settings, "", made.settings); !read)
      return tl::unexpected(read.error());
  }
  if (auto read = read_list(reader, "subscription", read_subscription, made.subscriptions); !read)
    return tl::unexpected(read.error());
  if (made.subscriptions.empty())
    made.subscriptions = usual_subscriptions();
  if (auto read = read_list(reader, "fault", read_fault, made.faults); !read)
    return tl::unexpected(read.error());
  if (made.name.empty())
    reader.fail(ec::missing_field, "name", "is missing");
  if (auto done = reader.finish(); !done)
    return tl::unexpected(done.error());
  if (auto checked = check_subscriptions(made); !checked)
    return tl::unexpected(checked.error());
  if (auto checked = check_nodes(made); !checked)
    return tl::unexpected(checked.error());
  if (auto checked = check_fault_nodes(made); !checked)
    return tl::unexpected(checked.error());
  return made;
}

}  // namespace

std::string_view to_string(store_kind kind) {
  return kind == store_kind::sqlite ? "sqlite" : "postgresql";
}

std::optional<store_kind> to_store_kind(std::string_view text) {
  for (const auto kind : {store_kind::sqlite, store_kind::postgresql}) {
    if (text == to_string(kind))
      return kind;
  }
  return std::nullopt;
}

std::string_view to_string(fault_kind kind) {
  return facts_of(kind).name;
}

bool needs_postgresql(fault_kind kind) {
  return facts_of(kind).need != need::nothing;
}

bool needs_cluster(fault_kind kind) {
  return facts_of(kind).need == need::cluster;
}

bool needs_next_program(const scenario& scenario) {
  return std::ranges::any_of(scenario.faults, [](const fault_rule& each) {
    return each.kind == fault_kind::node_upgrade;
  });
}

domain::result<void> check_nodes(const scenario& scenario) {
  if (scenario.nodes > 1 && scenario.store != store_kind::postgresql)
    return domain::fail(ec::invalid_value, "nodes: several share a store only on postgresql",
                        "nodes");
  return {};
}

domain::result<scenario> read_scenario(std::string_view toml) {
  try {
    return read_table(toml::parse(toml));
  } catch (const toml::parse_error& error) {
    return domain::fail(ec::invalid_value,
                        fmt::format("the scenario is not valid TOML: {} (line {})",
                                    error.description(), error.source().begin.line));
  }
}

}  // namespace talaria::chaos
