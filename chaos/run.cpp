#include "chaos/run.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "chaos/checker.hpp"
#include "chaos/evidence.hpp"
#include "chaos/fleet.hpp"
#include "chaos/http_client.hpp"
#include "chaos/meddler.hpp"
#include "chaos/ownership_gaps.hpp"
#include "chaos/ownership_log.hpp"
#include "chaos/repeat_bound.hpp"
#include "chaos/store_reader.hpp"
#include "chaos/timeline.hpp"
#include "chaos/workload.hpp"
#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace talaria::chaos {

namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

constexpr auto look_interval = 20ms;
constexpr auto repeat_patience = 60s;
constexpr auto drain_look_interval = 200ms;
/// For sessions of the store that were opened anew, and the like.
constexpr std::uint64_t spare_descriptors = 48;

/// Quick at first, and patient: a receiver that is hostile for long should not kill its deliveries.
json::object retry_settings() {
  json::array delays{100, 200, 400, 800};
  delays.resize(50, 1'000);
  return {{"delays_ms", std::move(delays)}};
}

json::object settings_of(const subscription_plan& plan, const std::string& url) {
  json::object body{{"url", url},
                    {"event_types", json::array{"chaos.event"}},
                    {"max_in_flight", plan.max_in_flight},
                    {"ordering", plan.ordered ? "fifo" : "parallel"},
                    {"timeout_ms", 10'000},
                    {"description", plan.name},
                    {"retry", retry_settings()},
                    {"circuit_breaker", json::object{{"window_ms", 10'000}, {"open_ms", 1'000}}}};
  if (plan.only_odd)
    body["payload_filter"] = json::object{{"path", "/odd"}, {"eq", true}};
  return body;
}

class scenario_run {
public:
  scenario_run(const run_options& options, std::ostream& progress)
      : options_{options},
        progress_{progress},
        schedule_{draw_schedule(options.scenario, options.seed)},
        receivers_{{.subscriptions = options.scenario.subscriptions,
                    .ledger = options.directory / "ledger.jsonl",
                    .seed = options.seed,
                    .payload_bytes = options.scenario.workload.payload_bytes},
                   clock_} {
    write_text(options.directory / "schedule.jsonl", to_json_lines(schedule_));
    start_store();
    start_nodes();
    subscribe();
  }

  run_result run() {
    disturb_workload();
    heal();
    wait_until_drained();
    stop();
    return judge_run();
  }

private:
  void say(const std::string& what) {
    progress_ << fmt::format("{:7.2f} s  {}\n", std::chrono::duration<double>{clock_.now()}.count(),
                             what)
              << std::flush;
  }

  bool is_interrupted() const { return options_.interrupted && options_.interrupted(); }

  bool has(fault_kind kind) const {
    return std::ranges::any_of(schedule_,
                               [&](const planned_fault& each) { return each.kind == kind; });
  }

  void start_store() {
    if (options_.scenario.store == store_kind::sqlite) {
      store_url_ = fmt::format("sqlite:{}", (options_.directory / "talaria.db").string());
      return;
    }
    // Also if none was drawn: what waits for standbys is to be tried by every run of the scenario.
    const bool fails_over =
        std::ranges::count(options_.scenario.faults, fault_kind::postgres_failover,
                           &fault_rule::kind) > 0;
    say(fails_over ? "starting a PostgreSQL server with two standbys"
                   : "starting a PostgreSQL server");
    postgresql_ = std::make_unique<postgresql>(
        options_.directory / "postgresql.log",
        fails_over ? postgresql::standbys::two : postgresql::standbys::none);
    store_url_ = postgresql_->url();
  }

  void start_nodes() {
    const auto& scenario = options_.scenario;
    auto settings = scenario.settings;
    const bool injects = std::ranges::any_of(
        schedule_, [](const planned_fault& each) { return lane_of(each.kind) == lane::injection; });
    if (injects)
      settings.emplace("chaos.enabled", "true");
    say(scenario.nodes == 1 ? "starting Talaria"
                            : fmt::format("starting {} nodes of Talaria", scenario.nodes));
    const bool relays =
        scenario.nodes > 1 || has(fault_kind::postgres_slow) || has(fault_kind::partition_database);
    nodes_ = std::make_unique<fleet>(fleet::options{.binary = options_.server,
                                                    .directory = options_.directory,
                                                    .file_url = store_url_,
                                                    .server = postgresql_.get(),
                                                    .relays_store = relays,
                                                    .settings = std::move(settings),
                                                    .nodes = scenario.nodes},
                                     clock_, [this] {
                                       if (postgresql_)
                                         begin_ownership_log(store_url_);
                                     });
  }

  http_answer call(const std::string& method, const std::string& path,
                   const std::string& body = {}) const {
    return send({.method = method,
                 .url = fmt::format("{}{}", nodes_->url(), path),
                 .key = nodes_->key(),
                 .body = body});
  }

  void subscribe() {
    const auto& plans = options_.scenario.subscriptions;
    for (std::size_t index = 0; index < plans.size(); ++index) {
      const auto body = json::serialize(settings_of(plans[index], receivers_.url(index)));
      const auto answer = call("POST", "/api/v1/subscriptions", body);
      if (answer.status != 201)
        throw std::runtime_error(fmt::format("a subscription is refused: {}", answer.body));
      const auto made = json::parse(answer.body);
      names_.emplace(made.at("id").as_string(), plans[index].name);
      history_.subscriptions.push_back({.id = plans[index].name, .ordered = plans[index].ordered});
    }
  }

  /// Until the time is over, or somebody interrupts.
  void wait_until(moment when) const {
    while (clock_.now() < when && !is_interrupted())
      std::this_thread::sleep_for(look_interval);
  }

  std::vector<std::optional<resources>> usages() const {
    std::vector<std::optional<resources>> made;
    for (std::size_t node = 0; node < nodes_->size(); ++node)
      made.push_back(nodes_->at(node).usage());
    return made;
  }

  void disturb_workload() {
    const auto& scenario = options_.scenario;
    say(fmt::format("submitting {} events a second, {} faults to come",
                    scenario.workload.events_per_second, schedule_.size()));
    const auto start = clock_.now();
    workload_ =
        std::make_unique<workload>(workload::options{.plan = scenario.workload,
                                                     .subscriptions = scenario.subscriptions,
                                                     .seed = options_.seed,
                                                     .key = nodes_->key(),
                                                     .urls = [this] { return nodes_->urls(); }},
                                   clock_);
    meddler_ = std::make_unique<meddler>(
        meddler::victims{.nodes = nodes_.get(),
                         .receivers = &receivers_,
                         .postgresql = postgresql_.get(),
                         .subscriptions = scenario.subscriptions,
                         .first_program = options_.server,
                         .next_program = options_.next_server},
        meddler::plan{.schedule = schedule_, .pause = scenario.pause.min, .end = scenario.duration},
        clock_);
    wait_until(start + std::min(scenario.warm_up, scenario.duration));
    before_ = usages();
    wait_until(start + scenario.duration);
    workload_->end();
    // Faults at a fixed time may come to their end later.
    while (!meddler_->is_done() && !is_interrupted())
      std::this_thread::sleep_for(look_interval);
  }

  void heal() {
    say("healing");
    for (auto& left : meddler_->heal())
      problems_.push_back(std::move(left));
    disturbances_ = meddler_->disturbances();
    for (const auto& each : disturbances_) {
      if (!each.failure.empty() && !each.is_excused)
        problems_.push_back(fmt::format("{}: {}", to_string(each.fault.kind), each.failure));
    }
    say("submitting the last ones again until they are acked");
    workload_->stop(repeat_patience);
  }

  std::optional<std::uint64_t> pending() const {
    const auto answer = call("GET", "/api/v1/queues");
    if (!answer.is_success())
      return std::nullopt;
    std::uint64_t sum = 0;
    const auto queues = json::parse(answer.body);
    for (const auto& queue : queues.at("data").as_array())
      sum += queue.at("pending").to_number<std::uint64_t>();
    return sum;
  }

  /// Twice in a row nothing is pending: one that acks too early gets its chance to commit late.
  /// As long as it becomes less, it may take its time.
  void wait_until_drained() {
    say("waiting until nothing is pending");
    auto least = std::numeric_limits<std::uint64_t>::max();
    auto until = clock_.now() + options_.scenario.drain_max;
    for (int empty_looks = 0; empty_looks < 2 && clock_.now() < until && !is_interrupted();) {
      std::this_thread::sleep_for(drain_look_interval);
      const auto left = pending();
      if (left && *left < least) {
        least = *left;
        until = clock_.now() + options_.scenario.drain_max;
      }
      empty_looks = left == std::uint64_t{0} ? empty_looks + 1 : 0;
    }
    after_ = usages();
    end_ = clock_.now();
  }

  void stop() {
    say("stopping Talaria");
    nodes_->stop();
    for (auto& problem : nodes_->problems())
      problems_.push_back(std::move(problem));
    if (const auto failure = receivers_.failure(); !failure.empty())
      throw std::runtime_error(fmt::format("the receivers ended: {}", failure));
  }

  std::string name_of(const std::string& id) const {
    const auto found = names_.find(id);
    return found == names_.end() ? id : found->second;
  }

  void read_history() {
    history_.submissions = workload_->submissions();
    history_.receptions = receivers_.seen();
    auto stored = read_outcomes(store_url_, clock_);
    for (auto& each : stored.finals)
      each.subscription = name_of(each.subscription);
    for (auto& each : stored.attempts)
      each.subscription = name_of(each.subscription);
    history_.finals = std::move(stored.finals);
    history_.attempts = std::move(stored.attempts);
    history_.shard_changes = std::move(stored.shard_changes);
    history_.takeovers = nodes_->takeovers();
    history_.process_ends = nodes_->process_ends();
    auto& interruptions = history_.interruptions.emplace();
    for (const auto& each : disturbances_) {
      if (interrupts(each))
        interruptions.push_back({each.from, each.until});
      if (each.fault.settings.offset > 0ms)
        history_.clock_shifts.push_back({each.from, each.until, each.fault.settings.offset});
    }
    for (std::size_t node = 0; node < std::min(before_.size(), after_.size()); ++node) {
      if (before_[node] && after_[node])
        history_.resources.push_back({*before_[node], *after_[node]});
    }
  }

  allowances allowed() const {
    // What was connected is kept for a while: a connection for each request that may be under way.
    std::uint64_t connections = options_.scenario.workload.connections;
    for (const auto& each : options_.scenario.subscriptions)
      connections += each.max_in_flight;
    return {.repeats_max =
                repeats_bound(nodes_->ends(), disturbances_, options_.scenario.subscriptions),
            .descriptors_growth_max = connections + spare_descriptors};
  }

  std::string summary() const {
    const auto acked = std::ranges::count_if(
        history_.submissions, [](const submission& each) { return each.acked_at.has_value(); });
    return fmt::format(
        "{} events submitted, {} acked, {} requests received, {} attempts logged, Talaria ended {} "
        "times\n",
        history_.submissions.size(), acked, history_.receptions.size(), history_.attempts.size(),
        nodes_->ends());
  }

  run_result judge_run() {
    say("judging");
    read_history();
    run_result result{.verdict = judge(history_, allowed()), .problems = problems_, .report = {}};
    result.report = fmt::format("{}\n{}\n{}{}\n{}", to_plot(history_, disturbances_, end_),
                                to_recovery_table(history_, disturbances_),
                                to_ownership_table(history_, disturbances_), summary(),
                                to_table(result.verdict));
    for (const auto& problem : problems_)
      result.report += fmt::format("PROBLEM: {}\n", problem);
    write_evidence(options_.directory, history_, disturbances_);
    write_text(options_.directory / "verdict.json", to_json(result.verdict) + "\n");
    write_text(options_.directory / "report.txt", result.report);
    return result;
  }

  const run_options& options_;
  std::ostream& progress_;
  const run_clock clock_;
  const std::vector<planned_fault> schedule_;
  receivers receivers_;
  std::unique_ptr<postgresql> postgresql_;
  std::string store_url_;
  std::unique_ptr<fleet> nodes_;
  std::unique_ptr<workload> workload_;
  std::unique_ptr<meddler> meddler_;
  /// Of the subscriptions, by their ids.
  std::map<std::string, std::string> names_;
  history history_;
  std::vector<disturbance> disturbances_;
  std::vector<std::string> problems_;
  /// By node.
  std::vector<std::optional<resources>> before_;
  std::vector<std::optional<resources>> after_;
  moment end_{};
};

}  // namespace

run_result run(const run_options& options, std::ostream& progress) {
  return scenario_run{options, progress}.run();
}

}  // namespace talaria::chaos
