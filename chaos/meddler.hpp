#pragma once

#include "chaos/fleet.hpp"
#include "chaos/postgresql.hpp"
#include "chaos/receivers.hpp"
#include "chaos/run_clock.hpp"
#include "chaos/schedule.hpp"
#include <atomic>
#include <chrono>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace talaria::chaos {

/// A fault as it happened.
struct disturbance {
  planned_fault fault;
  moment from{};
  /// When its cause was gone.
  moment until{};
  /// Empty, or why it could not be done.
  std::string failure{};
  /// That the system does not have what it needs, or was itself away: nobody's fault.
  bool is_excused = false;
};

/// Does to a run what its schedule says, a thread for each lane, and undoes it. What concerns the
/// store is in `meddler_store.cpp`.
class meddler {
public:
  /// Those that are null are not there. All must outlive the meddler.
  struct victims {
    fleet* nodes = nullptr;
    class receivers* receivers = nullptr;
    class postgresql* postgresql = nullptr;
    std::vector<subscription_plan> subscriptions;
    /// What nodes run at first, and the other one for upgrades.
    std::filesystem::path first_program;
    std::filesystem::path next_program;
  };

  struct plan {
    std::vector<planned_fault> schedule;
    /// Between two faults of a lane, also if the first one lasted longer than it should.
    milliseconds pause{0};
    /// What could not begin until then is left out.
    milliseconds end{0};
  };

  /// Begins at once; the plan's times count from now on.
  meddler(victims victims, plan plan, const run_clock& clock);
  meddler(const meddler&) = delete;
  meddler& operator=(const meddler&) = delete;
  /// Heals everything.
  ~meddler();

  bool is_done() const;
  /// Ends what is under way, and heals everything. @returns what could not be healed.
  std::vector<std::string> heal();

  /// In the order of their beginnings.
  std::vector<disturbance> disturbances() const;

private:
  void follow(lane lane);
  disturbance happen(const planned_fault& fault);
  void wait_until(moment when) const;
  void wait_for(milliseconds time) const;
  /// @throws std::runtime_error if it cannot be done.
  void cause(disturbance& happening);
  void note_end(disturbance& happening) const;
  void disturb_process(disturbance& happening);
  void disturb_store(disturbance& happening);
  void disturb_postgresql(const planned_fault& fault);
  void fail_over(const planned_fault& fault);
  void disturb_network(const planned_fault& fault);
  /// Those that a fault concerns.
  std::vector<std::size_t> nodes_of(const planned_fault& fault) const;
  server_keeper& first_of(const planned_fault& fault) const;
  void kill(disturbance& happening);
  void pause(const planned_fault& fault);
  void stop_nodes(const planned_fault& fault);
  void restart_in_turn(const planned_fault& fault);
  void have_guest(const planned_fault& fault);
  /// @throws std::runtime_error if it does not end.
  static void go_down(server_keeper& node);
  /// @throws std::runtime_error if somebody does not serve again in time.
  void come_back() const;
  void exhaust_descriptors(const planned_fault& fault);
  void take_over(const planned_fault& fault);
  void fill_disk(disturbance& happening);
  void be_hostile(const planned_fault& fault);
  void inject(disturbance& happening);
  void jump_clock(disturbance& happening);
  void heal_injected() const;
  void heal_nodes() const;
  /// @returns the answer's body; empty, with the reason noted, if it was refused.
  std::string call(disturbance& happening, const server_keeper& node, const std::string& method,
                   const std::string& path, const std::string& body = {}) const;
  void limit_for(server_keeper& node, __rlimit_resource resource, rlim_t bound, milliseconds time);

  /// Until Talaria serves again.
  static constexpr std::chrono::seconds serve_patience{90};

  const victims victims_;
  const plan plan_;
  const run_clock& clock_;
  const moment started_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::size_t> lanes_done_{0};
  mutable std::mutex mutex_;
  std::vector<disturbance> disturbances_;
  std::vector<std::thread> threads_;
};

}  // namespace talaria::chaos
