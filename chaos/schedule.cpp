#include "chaos/schedule.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "chaos/seeded_chance.hpp"
#include <algorithm>
#include <array>
#include <numeric>

namespace talaria::chaos {

namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 7> hostilities{"stall", "reset",   "drip",    "storm",
                                                      "huge",  "garbage", "truncate"};

constexpr std::array<std::string_view, 2> programs{"next", "first"};

constexpr std::array<std::string_view, 5> partitions{"cut", "silent", "to_server", "to_client",
                                                     "flapping"};

bool is_possible(fault_kind kind, store_kind store) {
  return store == store_kind::postgresql || !needs_postgresql(kind);
}

class schedule_draw {
public:
  schedule_draw(const scenario& scenario, std::uint64_t seed)
      : scenario_{scenario}, chance_{seed} {}

  std::vector<planned_fault> draw() {
    for (const auto& rule : scenario_.faults) {
      if (rule.at)
        add(rule, *rule.at, scenario_.duration);
    }
    draw_weighted();
    std::ranges::stable_sort(made_, {}, &planned_fault::at);
    return std::move(made_);
  }

private:
  void draw_weighted() {
    const auto sum =
        std::accumulate(scenario_.faults.begin(), scenario_.faults.end(), 0.0,
                        [](double so_far, const fault_rule& rule) { return so_far + rule.weight; });
    if (sum <= 0)
      return;
    for (auto at = scenario_.warm_up + pause(); at < scenario_.duration; at += pause())
      add(choose(sum), at, milliseconds{0});
  }

  /// At least a millisecond, so that the draw comes to an end.
  milliseconds pause() {
    return std::max(chance_.between(scenario_.pause.min, scenario_.pause.max), milliseconds{1});
  }

  const fault_rule& choose(double sum) {
    auto left = chance_.fraction() * sum;
    const fault_rule* last = nullptr;
    for (const auto& rule : scenario_.faults) {
      if (rule.weight <= 0)
        continue;
      last = &rule;
      left -= rule.weight;
      if (left < 0)
        break;
    }
    return *last;
  }

  /// Draws as much for one that is left out, so that the others stay as they are.
  ///
  /// @param overtime How far past the end it may last.
  void add(const fault_rule& rule, milliseconds at, milliseconds overtime) {
    planned_fault made{.kind = rule.kind,
                       .at = at,
                       .lasts = chance_.between(rule.lasts.min, rule.lasts.max),
                       .settings = rule.settings,
                       .seed = chance_.number()};
    settle(rule, made);
    auto& free_at = lane_free_at_.at(static_cast<std::size_t>(lane_of(rule.kind)));
    made.at = std::max(made.at, free_at);
    if (made.at + made.lasts > scenario_.duration + overtime ||
        !is_possible(rule.kind, scenario_.store))
      return;
    free_at = made.at + made.lasts + scenario_.pause.min;
    made_.push_back(std::move(made));
  }

  /// What was left open, from the fault's own seed: no further number is drawn, so that faults of
  /// one node alone stay what they were.
  void settle(const fault_rule& rule, planned_fault& fault) const {
    seeded_chance own{fault.seed};
    if (!rule.lasts_one_of.empty())
      fault.lasts = rule.lasts_one_of.at(own.below(rule.lasts_one_of.size()));
    const auto drawn = own.below(scenario_.nodes);
    fault.node = rule.settings.node == 0 ? drawn : rule.settings.node - 1;
    if (fault.settings.how == "any")
      fault.settings.how = choose_manner(fault, own);
  }

  static std::string_view choose_manner(const planned_fault& fault, seeded_chance& own) {
    if (lane_of(fault.kind) == lane::network)
      return partitions.at(own.below(partitions.size()));
    if (fault.kind == fault_kind::node_upgrade)
      return programs.at(own.below(programs.size()));
    return hostilities.at(fault.seed % hostilities.size());
  }

  const scenario& scenario_;
  seeded_chance chance_;
  std::array<milliseconds, lane_count> lane_free_at_{};
  std::vector<planned_fault> made_;
};

json::object to_object(const planned_fault& fault) {
  const auto& settings = fault.settings;
  json::object made{{"at_ms", fault.at.count()},     {"kind", to_string(fault.kind)},
                    {"for_ms", fault.lasts.count()}, {"times", settings.times},
                    {"node", fault.node + 1},        {"seed", fault.seed}};
  if (!settings.how.empty())
    made["how"] = settings.how;
  if (!settings.subscription.empty())
    made["subscription"] = settings.subscription;
  if (fault.kind == fault_kind::descriptor_exhaustion)
    made["spare"] = settings.spare;
  if (settings.nodes > 1)
    made["nodes"] = settings.nodes;
  if (settings.peers != 0)
    made["peers"] = settings.peers;
  if (settings.down.count() != 0)
    made["down_ms"] = settings.down.count();
  if (settings.delay.count() != 0)
    made["delay_ms"] = settings.delay.count();
  if (settings.offset.count() != 0)
    made["offset_ms"] = settings.offset.count();
  if (!settings.request_json.empty())
    made["request"] = json::parse(settings.request_json);
  return made;
}

}  // namespace

lane lane_of(fault_kind kind) {
  switch (kind) {
    case fault_kind::process_kill:
    case fault_kind::process_pause:
    case fault_kind::descriptor_exhaustion:
    case fault_kind::takeover:
    case fault_kind::node_stop:
    case fault_kind::node_join:
    case fault_kind::rolling_restart:
    case fault_kind::node_upgrade:
      return lane::process;
    case fault_kind::disk_full:
    case fault_kind::postgres_restart:
    case fault_kind::postgres_terminate_backends:
    case fault_kind::postgres_pause:
    case fault_kind::postgres_slow:
    case fault_kind::postgres_failover:
      return lane::store;
    case fault_kind::receiver_hostile:
      return lane::receivers;
    case fault_kind::fault:
    case fault_kind::clock_jump:
      return lane::injection;
    case fault_kind::partition_database:
    case fault_kind::partition_link:
      return lane::network;
  }
  return lane::process;
}

std::vector<planned_fault> draw_schedule(const scenario& scenario, std::uint64_t seed) {
  return schedule_draw{scenario, seed}.draw();
}

std::string to_json_lines(const std::vector<planned_fault>& schedule) {
  std::string lines;
  for (const auto& fault : schedule)
    lines += json::serialize(to_object(fault)) + "\n";
  return lines;
}

}  // namespace talaria::chaos
