#pragma once

#include "chaos/history.hpp"
#include "chaos/run_clock.hpp"
#include "chaos/scenario.hpp"
#include "chaos/seeded_chance.hpp"
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace talaria::chaos {

/// Submits events at a steady pace over several connections, from its construction on, and keeps
/// what came of each. Thread-safe.
///
/// To the nodes in turn, as a load balancer does it: what one of them does not take goes to the
/// next one, and one that did not answer is left alone for a moment.
///
/// Some have an idempotency key, which follows from the seed: they are repeated until they are
/// acked. The others are sent once, and if no answer comes nobody knows what became of them.
class workload {
public:
  struct options {
    workload_plan plan;
    std::vector<subscription_plan> subscriptions;
    std::uint64_t seed = 0;
    std::string key;
    /// Where Talaria's nodes answer at this moment; at least one.
    std::function<std::vector<std::string>()> urls;
  };

  workload(options options, const run_clock& clock);
  workload(const workload&) = delete;
  workload& operator=(const workload&) = delete;
  ~workload();

  /// No further events; what has a key is still repeated.
  void end() { stopping_ = true; }
  /// The same, and what has a key is repeated for so long at most.
  void stop(std::chrono::milliseconds patience);

  /// In the order of their numbers.
  std::vector<submission> submissions() const;

private:
  void run();
  /// Until the next event is due. @returns false once no more are wanted.
  bool wait_for_turn(std::uint64_t& number);
  void submit(std::uint64_t number);
  /// @returns whether it was acked.
  bool ask(std::uint64_t number, const std::string& body, bool is_keyed);
  /// Of the node whose turn it is.
  std::string choose(const std::vector<std::string>& urls);
  void note_silence(const std::string& url);
  void note_begin(std::uint64_t number);
  bool is_keyed(std::uint64_t number) const;

  const options options_;
  const run_clock& clock_;
  const moment started_;
  std::atomic<std::uint64_t> next_{0};
  std::atomic<std::uint64_t> turn_{0};
  std::atomic<bool> stopping_{false};
  std::atomic<bool> given_up_{false};
  mutable std::mutex mutex_;
  /// Nodes that did not answer, and until when they are left alone.
  std::map<std::string, moment> silent_;
  /// By their numbers, from 0.
  std::vector<submission> submissions_;
  std::vector<std::thread> threads_;
};

}  // namespace talaria::chaos
