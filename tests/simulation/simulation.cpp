#include "tests/simulation/simulation.hpp"

#include "tests/simulation/agenda.hpp"
#include "tests/simulation/clients.hpp"
#include "tests/simulation/memory_store.hpp"
#include "tests/simulation/network.hpp"
#include "tests/simulation/process.hpp"
#include "tests/simulation/schedule.hpp"
#include "tests/simulation/shuffled_system.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <set>

namespace talaria::simulation {

namespace {

using namespace std::chrono_literals;
using domain::timestamp;
using std::chrono::microseconds;

constexpr auto rough_time = 20s;
/// Far beyond the longest wait there is, which is that of an open circuit breaker.
constexpr auto drain_time_max = 1h;
constexpr auto settle_interval = 40ms;

chaos::delivery_end to_end(domain::delivery_status status) {
  switch (status) {
    case domain::delivery_status::delivered:
      return chaos::delivery_end::delivered;
    case domain::delivery_status::dead:
      return chaos::delivery_end::dead;
    case domain::delivery_status::cancelled:
      return chaos::delivery_end::cancelled;
    case domain::delivery_status::pending:
      break;
  }
  return chaos::delivery_end::pending;
}

/// Everything that a schedule is about.
class world {
public:
  explicit world(const run_options& options)
      : chance_{options.seed},
        traced_{options.traced},
        schedule_{draw_schedule(chance_)},
        rows_{options.broken},
        system_{chance_},
        started_{system_.now()},
        network_{agenda_, chance_, [this] { return system_.now(); }},
        clients_{agenda_,
                 chance_,
                 {.true_time = [this] { return system_.now(); },
                  .submit = [this](actors::submission made) { return submit(std::move(made)); },
                  .wanted_by = [this](const std::string& type) { return wanted_by(type); }}} {}
  world(const world&) = delete;
  world& operator=(const world&) = delete;

  ~world() {
    for (const auto& each : processes_)
      each->die();
    system_.run_messages();
    agenda_.clear();
    system_.run_messages();
  }

  run_result run() {
    for (std::size_t count = 0; count < schedule_.subscriptions; ++count)
      subscribe();
    start_process();
    plan_work();
    plan_troubles();
    rough_ = true;
    run_until(started_ + rough_time, [] { return false; });
    heal();
    run_until(system_.now() + drain_time_max, [this] { return is_drained(); });
    return judge();
  }

private:
  // ------------------------------------------------------------------------------------- time

  void run_until(timestamp end, const std::function<bool()>& is_over) {
    auto next_look = system_.now() + 1s;
    while (system_.now() < end) {
      system_.run_messages();
      restart_if_ended();
      if (system_.now() >= next_look) {
        if (is_over())
          return;
        next_look = system_.now() + 1s;
      }
      auto next = std::min(end, next_look);
      for (const auto due : {agenda_.next(), system_.next_timer()})
        next = std::min(next, due.value_or(next));
      system_.advance_to(next);
      agenda_.run_due(system_.now());
    }
  }

  timestamp sometime() {
    return started_ + microseconds{chance_.between(0, microseconds{rough_time}.count())};
  }

  void trace(const std::string& line) {
    if (traced_)
      trace_.push_back(fmt::format(
          "{:10.6f}  {}", std::chrono::duration<double>(system_.now() - started_).count(), line));
  }

  // -------------------------------------------------------------------------------- processes

  process& owner() { return *processes_.back(); }

  void start_process() {
    const auto name = fmt::format("process-{}", processes_.size() + 1);
    if (!processes_.empty() && owner().alive()) {
      takeovers_.push_back(
          {.from_node = owner().name(), .to_node = name, .claimed_at = system_.now() - started_});
      disturb("takeover by " + name);
    }
    trace("starts: " + name);
    processes_.push_back(std::make_unique<process>(system_, rows_, name, surroundings(name)));
  }

  process::surroundings surroundings(const std::string& name) {
    return {
        .store = {.draw_fault = [this, name](auto call) { return draw_fault(name, call); },
                  .true_time = [this] { return system_.now(); },
                  .on_recorded = [this](const auto& made) { open_.erase(made); }},
        .send =
            [this, name](delivery::outbound_request request, delivery::engine::completion done) {
              send(name, std::move(request), std::move(done));
            },
        .draw_crash = [this, name] { return draw_crash(name); },
        .chance = &chance_};
  }

  void crash_process(std::size_t index) {
    if (!processes_[index]->alive())
      return;
    disturb("dies: " + processes_[index]->name());
    for (auto& each : takeovers_) {
      if (each.from_node == processes_[index]->name())
        each.ended_at = system_.now() - started_ + network::way_max;
    }
    rows_.lose_unsettled();
    processes_[index]->die();
  }

  void crash_and_restart() {
    if (!owner().alive())
      return;
    crash_process(processes_.size() - 1);
    agenda_.at(system_.now() + draw(50ms, 2s), [this] { start_if_none(); });
  }

  void start_if_none() {
    if (!owner().alive())
      start_process();
  }

  void take_over() {
    if (!owner().alive())
      return;
    const auto former = processes_.size() - 1;
    start_process();
    agenda_.at(system_.now() + draw(100ms, 5s), [this, former] { crash_process(former); });
  }

  /// As whatever watches over the process does.
  void restart_if_ended() {
    if (owner().alive() && owner().has_ended())
      crash_and_restart();
  }

  bool submit(actors::submission made) {
    std::vector<process*> up;
    for (const auto& each : processes_) {
      if (each->alive())
        up.push_back(each.get());
    }
    if (up.empty())
      return false;
    up[chance_.below(up.size())]->submit(std::move(made));
    return true;
  }

  // ----------------------------------------------------------------------------------- troubles

  microseconds draw(microseconds from, microseconds to) {
    return microseconds{chance_.between(from.count(), to.count())};
  }

  /// What is under way now may come again.
  void disturb(const std::string& what) {
    trace(what);
    ++disturbances_;
    disturbed_at_ = system_.now();
    may_repeat_.insert(open_.begin(), open_.end());
  }

  /// Whoever was succeeded is left alone: what it forgets in a crash it may do a second time.
  bool draw_crash(const std::string& name) {
    if (!rough_ || name != owner().name() || !chance_.chance(schedule_.actor_crashes))
      return false;
    disturb(fmt::format("crashes: {}", system_.running()));
    return true;
  }

  store_fault draw_fault(const std::string& name, std::string_view call) {
    if (!rough_)
      return store_fault::none;
    if (store_is_down_ || chance_.chance(schedule_.store_refuses))
      return store_fault::refuse;
    if (chance_.chance(schedule_.store_loses_answers)) {
      trace(fmt::format("the store loses its answer: {}", call));
      return store_fault::lose_answer;
    }
    if (name != owner().name() || !chance_.chance(schedule_.store_crashes))
      return store_fault::none;
    const bool after = chance_.chance(0.5);
    disturb(fmt::format("crashes {} the store's {}", after ? "after" : "before", call));
    return after ? store_fault::crash_after : store_fault::crash_before;
  }

  void send(const std::string& name, delivery::outbound_request request,
            delivery::engine::completion done) {
    const auto delivery = delivery_of(request);
    open_.insert(delivery);
    // Whoever was succeeded does not know it yet; and whoever crashed just now may have ordered it.
    if (name != owner().name() || system_.now() == disturbed_at_)
      may_repeat_.insert(delivery);
    trace(fmt::format("{} sends {}", name, to_string(delivery)));
    network_.send(std::move(request), std::move(done));
  }

  domain::delivery_id delivery_of(const delivery::outbound_request& request) const {
    const auto subscription = std::ranges::find(
        facts_, request.url, [](const auto& one) { return network::url_of(one.second.id); });
    const auto event = domain::parse_uuid(network::event_of(request));
    return {{event.value_or(domain::uuid{})}, subscription->first};
  }

  void plan_work() {
    for (std::size_t count = 0; count < schedule_.requests; ++count)
      agenda_.at(sometime(), [this] { clients_.submit_something(schedule_.keyed); });
    if (rows_.is_ever_unsettled())
      settle_again();
  }

  void settle_again() {
    agenda_.at(system_.now() + settle_interval, [this] {
      rows_.settle();
      settle_again();
    });
  }

  void plan(std::size_t count, const std::function<void()>& trouble) {
    for (std::size_t index = 0; index < count; ++index) {
      agenda_.at(sometime(), [this, trouble] {
        if (rough_)
          trouble();
      });
    }
  }

  void plan_troubles() {
    network_.set_misfortune(schedule_.misfortune);
    plan(schedule_.process_crashes, [this] { crash_and_restart(); });
    plan(schedule_.takeovers, [this] { take_over(); });
    plan(schedule_.store_outages, [this] { begin_outage(); });
    plan(schedule_.receiver_troubles, [this] { trouble_receiver(); });
    plan(schedule_.clock_steps, [this] { step_clock(); });
    plan(schedule_.catalog_changes, [this] { change_catalog(); });
  }

  void begin_outage() {
    trace("the store is down");
    store_is_down_ = true;
    agenda_.at(system_.now() + draw(100ms, 3s), [this] {
      trace("the store is up");
      store_is_down_ = false;
    });
  }

  void trouble_receiver() {
    constexpr std::array modes{receiver_mode::up, receiver_mode::failing, receiver_mode::refusing,
                               receiver_mode::hanging};
    const auto& troubled = facts_[chance_.below(facts_.size())].second.id;
    const auto mode = modes.at(chance_.below(modes.size()));
    trace(fmt::format("the receiver {} is {}", troubled, static_cast<int>(mode)));
    network_.set_mode(troubled, mode);
  }

  void step_clock() {
    const auto offset = draw(-10s, 60s);
    trace(fmt::format("the clock steps to {} us", offset.count()));
    owner().set_clock_offset(offset);
  }

  void heal() {
    trace("all is healed");
    rough_ = false;
    store_is_down_ = false;
    network_.heal();
    for (std::size_t index = 0; index + 1 < processes_.size(); ++index)
      crash_process(index);
    if (owner().alive() && (owner().has_quarantined() || owner().has_ended()))
      crash_process(processes_.size() - 1);
    start_if_none();
    owner().set_clock_offset(0us);
    for (const auto& [number, facts] : facts_) {
      if (rows_.find(number) != nullptr)
        rows_.set_paused(number, false);
    }
    owner().catalog_changed();
  }

  bool is_drained() const { return clients_.at_rest() && rows_.queue().empty(); }

  // ---------------------------------------------------------------------------- subscriptions

  void subscribe() {
    domain::subscription wanted;
    wanted.id.value.bytes.front() = static_cast<std::uint8_t>(facts_.size() + 1);
    wanted.application = application;
    const auto id = domain::to_string(wanted.id);
    wanted.settings.url = network::url_of(id);
    wanted.settings.timeout = 2s;
    wanted.settings.ordering =
        chance_.chance(0.5) ? domain::ordering::fifo : domain::ordering::parallel;
    wanted.settings.max_in_flight = static_cast<std::uint32_t>(1 + chance_.below(8));
    wanted.settings.retry =
        domain::retry_schedule{std::vector(2 + chance_.below(30), draw_retry_delay())};
    wanted.settings.circuit_breaker.min_calls = 3 + static_cast<std::uint32_t>(chance_.below(20));
    if (chance_.chance(0.5))
      wanted.settings.event_types = {fmt::format("type-{}", chance_.below(3))};
    wanted.secrets = {{.key = std::string(32, 'k'), .expires_at = std::nullopt}};
    wanted.created_at = wanted.updated_at = system_.now();
    const auto made = rows_.insert(std::move(wanted));
    facts_.push_back(
        {made.number, {.id = id, .ordered = made.settings.ordering == domain::ordering::fifo}});
    clients_.subscription_changed(id);
    trace(fmt::format("subscribes: {}", id));
  }

  std::chrono::milliseconds draw_retry_delay() {
    return std::chrono::milliseconds{chance_.between(20, 1'000)};
  }

  void change_catalog() {
    const auto& [number, facts] = facts_[chance_.below(facts_.size())];
    const auto* known = rows_.find(number);
    const auto drawn = chance_.below(4);
    if (drawn == 0) {
      subscribe();
    } else if (known == nullptr) {
      return;
    } else if (drawn == 1) {
      trace("unsubscribes: " + facts.id);
      rows_.remove(number, system_.now());
      clients_.subscription_changed(facts.id);
    } else {
      trace(fmt::format("pauses or resumes: {}", facts.id));
      rows_.set_paused(number, !known->paused);
    }
    for (const auto& each : processes_)
      each->catalog_changed();
  }

  std::vector<std::string> wanted_by(const std::string& type) const {
    std::vector<std::string> wanting;
    for (const auto& [number, facts] : facts_) {
      const auto* known = rows_.find(number);
      if (known != nullptr && known->active() &&
          domain::matches(known->settings.event_types.front(), type))
        wanting.push_back(facts.id);
    }
    return wanting;
  }

  // ------------------------------------------------------------------------------- the judge

  const std::string& id_of(domain::subscription_number number) const {
    return facts_.at(domain::to_integer(number) - 1).second.id;
  }

  chaos::history history() const {
    chaos::history seen;
    std::set<std::pair<std::string, std::string>> stored;
    for (const auto& [number, facts] : facts_)
      seen.subscriptions.push_back(facts);
    for (const auto& [id, status] : rows_.deliveries()) {
      seen.finals.push_back({domain::to_string(id.event), id_of(id.subscription), to_end(status)});
      stored.emplace(seen.finals.back().event_id, seen.finals.back().subscription);
    }
    seen.submissions = clients_.submissions([&](const auto& event, const auto& subscription) {
      return stored.contains({event, subscription});
    });
    seen.receptions = network_.receptions();
    for (const auto& row : rows_.attempts())
      seen.attempts.push_back(to_logged(row));
    seen.takeovers = takeovers_;
    return seen;
  }

  chaos::logged_attempt to_logged(const attempt_row& row) const {
    return {.event_id = domain::to_string(row.delivery.event),
            .subscription = id_of(row.delivery.subscription),
            .number = row.attempt.number,
            .ended_at = row.recorded_at - started_,
            .status_code = row.attempt.status_code,
            .made = to_end(row.made),
            .node = row.attempt.node};
  }

  /// Only what was under way at a disturbance may come again after it was taken; then as often as
  /// its receiver fails meanwhile.
  std::uint64_t repeats_max(const chaos::history& seen) const {
    std::set<std::pair<std::string, std::string>> may_repeat;
    for (const auto& id : may_repeat_)
      may_repeat.emplace(domain::to_string(id.event), id_of(id.subscription));
    std::set<std::pair<std::string, std::string>> taken;
    std::uint64_t repeats = 0;
    for (const auto& each : seen.receptions) {
      const std::pair key{each.event_id, each.subscription};
      if (!may_repeat.contains(key))
        continue;
      repeats += taken.contains(key) ? 1 : 0;
      if (each.is_success() && each.is_plain)
        taken.insert(key);
    }
    return repeats;
  }

  run_result judge() {
    const auto seen = history();
    chaos::allowances allowed;
    allowed.repeats_max = repeats_max(seen);
    return {.verdict = chaos::judge(seen, allowed),
            .trace = trace_,
            .deliveries = rows_.deliveries().size(),
            .disturbances = disturbances_};
  }

  dice chance_;
  bool traced_;
  std::vector<std::string> trace_;
  schedule schedule_;
  memory_rows rows_;
  agenda agenda_;
  shuffled_system system_;
  timestamp started_;
  network network_;
  /// By number, and in the order of it.
  std::vector<std::pair<domain::subscription_number, chaos::subscription_facts>> facts_;
  clients clients_;
  std::vector<std::unique_ptr<process>> processes_;

  bool rough_ = false;
  bool store_is_down_ = false;
  /// Deliveries of which a request was sent that is not recorded.
  std::set<domain::delivery_id> open_;
  /// Those that were so at a disturbance.
  std::set<domain::delivery_id> may_repeat_;
  std::vector<chaos::takeover> takeovers_;
  std::uint64_t disturbances_ = 0;
  timestamp disturbed_at_;
};

}  // namespace

run_result run(const run_options& options) {
  // What fails on purpose would fill a log.
  spdlog::set_level(spdlog::level::off);
  world simulated{options};
  return simulated.run();
}

}  // namespace talaria::simulation
