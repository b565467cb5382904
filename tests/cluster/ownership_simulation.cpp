#include "tests/cluster/ownership_simulation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace talaria::cluster::test {

using namespace std::chrono_literals;

namespace {

/// As actors/member.cpp has them.
constexpr uptime look_every = 500ms;
constexpr uptime look_pause = 10ms;

}  // namespace

struct ownership_simulation::node {
  explicit node(membership_tables& tables) : store{tables} {}

  std::string incarnation;
  membership_model store;
  shard_table table;
  std::unique_ptr<cluster::keeper> keeper;
  bool is_alive = true;
  uptime paused_until{};
  std::uint64_t timer_generation = 0;
  bool is_asked_to_look = false;
};

ownership_simulation::ownership_simulation(options wanted)
    : options_{wanted}, chance_{wanted.seed}, second_began_{now_} {
  tables_.chance.seed(wanted.seed);
}

ownership_simulation::~ownership_simulation() = default;

std::size_t ownership_simulation::start_node() {
  auto& one = *nodes_.emplace_back(std::make_unique<node>(tables_));
  const auto number = nodes_.size() - 1;
  one.incarnation = fmt::format("node-{}", number);
  one.table.allow_attempts_until({});
  (void)one.store.join({.incarnation = one.incarnation,
                        .name = one.incarnation,
                        .address = {},
                        .version = {},
                        .joined_at = {}});
  one.keeper = std::make_unique<cluster::keeper>(
      one.incarnation, options_.terms, one.store, one.table, [this] { return now_; },
      cluster::keeper::consequences{
          .gained = [this, &one](const keeper::shards& gained) { check_alone(one, gained); },
          .leaving =
              [this, &one](const keeper::shards& leaving) {
                const auto takes = uptime{static_cast<std::int64_t>(
                    chance_() % static_cast<std::uint64_t>(options_.drain_max.count() + 1))};
                at(now_ + takes, [this, &one, leaving] {
                  one.keeper->vacated(leaving);
                  look_soon(one);
                });
              },
          .moved = [this, &one] { tell_moved(one); },
          .seen = [](const persistence::cluster_view&) {},
          .noted = [](const std::string&, bool) {}});
  // Processes do not start in step.
  at(now_ + 1ms * (chance_() % 500), [this, &one] { tick(one); });
  return number;
}

void ownership_simulation::kill(std::size_t number) {
  nodes_.at(number)->is_alive = false;
}

void ownership_simulation::pause(std::size_t number, uptime duration) {
  nodes_.at(number)->paused_until = now_ + duration;
}

void ownership_simulation::cut_off(std::size_t number, uptime duration) {
  auto& one = *nodes_.at(number);
  one.store.is_cut_off = true;
  at(now_ + duration, [&one] { one.store.is_cut_off = false; });
}

void ownership_simulation::stop(std::size_t number) {
  auto& one = *nodes_.at(number);
  one.keeper->leave();
  look_soon(one);
}

void ownership_simulation::at(uptime time, std::function<void()> what) {
  agenda_.emplace(time, std::move(what));
}

void ownership_simulation::tick(node& one) {
  if (!one.is_alive)
    return;
  if (one.paused_until > now_) {
    at(one.paused_until, [this, &one] { tick(one); });
    return;
  }
  one.is_asked_to_look = false;
  const auto generation = ++one.timer_generation;
  at(now_ + look_every, [this, &one, generation] {
    if (generation == one.timer_generation)
      tick(one);
  });
  const auto standing = one.keeper->keep_up();
  if (standing == keeper::standing::member)
    return;
  one.is_alive = false;
  if (standing == keeper::standing::buried)
    ++buried_;
}

void ownership_simulation::look_soon(node& one) {
  if (!one.is_alive || std::exchange(one.is_asked_to_look, true))
    return;
  const auto generation = ++one.timer_generation;
  at(now_ + look_pause, [this, &one, generation] {
    if (generation == one.timer_generation)
      tick(one);
  });
}

void ownership_simulation::tell_moved(const node& from) {
  if (!options_.has_links)
    return;
  for (const auto& one : nodes_) {
    if (one.get() != &from)
      look_soon(*one);
  }
}

void ownership_simulation::check_alone(const node& one, const keeper::shards& gained) {
  for (const auto& other : nodes_) {
    if (other.get() == &one || !other->is_alive || !other->table.may_attempt(now_))
      continue;
    conflicts_ += static_cast<std::size_t>(std::ranges::count_if(
        gained, [&](auto shard) { return other->table.serves(shard).has_value(); }));
  }
}

void ownership_simulation::count_statements() {
  if (now_ - second_began_ < 1s)
    return;
  const auto sum = tables_.statements.sum();
  statements_per_second_max_ =
      std::max(statements_per_second_max_, sum - std::exchange(statements_before_, sum));
  second_began_ = now_;
}

void ownership_simulation::step() {
  auto next = agenda_.extract(agenda_.begin());
  now_ = std::max(now_, next.key());
  next.mapped()();
  count_statements();
}

void ownership_simulation::run_for(uptime duration) {
  const auto end = now_ + duration;
  while (!agenda_.empty() && agenda_.begin()->first <= end)
    step();
  now_ = end;
}

uptime ownership_simulation::run_until(const std::function<bool()>& condition, uptime limit) {
  const auto began = now_;
  // Looked at often enough to tell, and not after every message of a thousand nodes.
  while (now_ - began < limit && !condition())
    run_for(50ms);
  return now_ - began;
}

bool ownership_simulation::all_served() const {
  std::size_t served = 0;
  for (const auto& one : nodes_) {
    if (one->is_alive && one->table.may_attempt(now_))
      served += one->table.served_count();
  }
  return served == persistence::shard_count;
}

bool ownership_simulation::balanced() const {
  std::size_t least = persistence::shard_count;
  std::size_t most = 0;
  for (const auto& one : nodes_) {
    const auto known = tables_.nodes.find(one->incarnation);
    if (!one->is_alive || known->second.status != persistence::node_status::up)
      continue;
    least = std::min(least, one->table.served_count());
    most = std::max(most, one->table.served_count());
  }
  return most <= least + 1 && all_served();
}

std::size_t ownership_simulation::running() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(nodes_, [](const auto& one) { return one->is_alive; }));
}

}  // namespace talaria::cluster::test
