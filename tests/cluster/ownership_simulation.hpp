#pragma once

#include "cluster/keeper.hpp"
#include "tests/cluster/membership_model.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace talaria::cluster::test {

/// Many nodes that share a model of the store, in a time of their own: the real keeper of each, and
/// everything around it simulated. The same seed gives the same run.
///
/// Whenever a node begins to serve a shard it is checked that no other may make attempts for it.
class ownership_simulation {
public:
  struct options {
    std::uint64_t seed = 1;
    /// Whether nodes hear of each other's moves at once, as over links.
    bool has_links = true;
    cluster::terms terms{};
    /// What is under way of a shard that is given away takes at most so long.
    uptime drain_max = std::chrono::milliseconds{200};
  };

  explicit ownership_simulation(options wanted);
  ~ownership_simulation();

  /// @returns its number.
  std::size_t start_node();
  void kill(std::size_t node);
  /// It does nothing for a while, as a process that is stopped.
  void pause(std::size_t node, uptime duration);
  /// The store does not answer it for a while.
  void cut_off(std::size_t node, uptime duration);
  /// It stops in good order.
  void stop(std::size_t node);

  uptime now() const { return now_; }
  void run_for(uptime duration);
  /// @returns how long it took; the limit if it did not happen.
  uptime run_until(const std::function<bool()>& condition, uptime limit);

  /// Whether every shard is served by a node that may make attempts.
  bool all_served() const;
  /// Whether, besides, no node has two shards more than another.
  bool balanced() const;

  std::size_t running() const;
  std::size_t buried() const { return buried_; }
  /// How often two nodes could have made attempts for one shard at once.
  std::size_t conflicts() const { return conflicts_; }
  const membership_tables& tables() const { return tables_; }
  /// The most statements in any second since the last `forget_peak`.
  std::uint64_t statements_per_second_max() const { return statements_per_second_max_; }
  void forget_peak() { statements_per_second_max_ = 0; }

private:
  struct node;

  void at(uptime time, std::function<void()> what);
  void step();
  void tick(node& one);
  void look_soon(node& one);
  void tell_moved(const node& from);
  void check_alone(const node& one, const keeper::shards& gained);
  void count_statements();

  const options options_;
  membership_tables tables_;
  std::mt19937_64 chance_;
  uptime now_ = std::chrono::seconds{1'000};
  std::multimap<uptime, std::function<void()>> agenda_;
  std::vector<std::unique_ptr<node>> nodes_;
  std::size_t buried_ = 0;
  std::size_t conflicts_ = 0;
  std::uint64_t statements_before_ = 0;
  std::uint64_t statements_per_second_max_ = 0;
  uptime second_began_{};
};

}  // namespace talaria::cluster::test
