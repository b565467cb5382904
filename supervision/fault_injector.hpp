#pragma once

#include "supervision/fault.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace talaria::supervision {

/// Thrown where a fault's action is `throw`.
class injected_failure : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// Thrown where it is `kill`: the actor ends with `caf::exit_reason::kill`, and without doing the
/// rest of its message, as `fail_with_exception_text` has it.
class injected_kill : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

enum class fault_news : std::uint8_t { added, removed, expired, fired };

/// What an injector needs of the world. Functions are thread-safe; those without a default must be
/// set.
struct fault_injector_options {
  using time_point = std::chrono::steady_clock::time_point;
  using lock = std::unique_lock<std::mutex>;

  /// Must outlive the injector.
  std::span<const fault_point> points;
  /// For what the faults show of themselves: not shifted.
  std::function<domain::timestamp()> now;
  /// For seeds that were not given.
  std::function<std::uint64_t()> random_bits;
  /// Ends the process.
  std::function<void()> exit_process;
  /// Shows every live actor, in the order of their paths, and kills those of which `is_chosen`.
  std::function<void(const std::function<bool(const fault_place&)>& is_chosen)> kill_actors{};
  /// Told of each change, and of what a fault does at most once a second. Must not call the
  /// injector.
  std::function<void(const fault&, fault_news)> tell{};
  /// From which delays and expiries are counted.
  std::function<time_point()> steady_now = std::chrono::steady_clock::now;
  /// Waits until it is notified, or until a time.
  std::function<void(std::condition_variable&, lock&, time_point)> wait =
      [](std::condition_variable& changed, lock& held, time_point until) {
        changed.wait_until(held, until);
      };
};

/// What a fault asks of the place that was reached.
struct injected_fault {
  std::string id;
  fault_action action{};
  /// When a delay or a hang is over, unless the fault goes before.
  std::chrono::steady_clock::time_point until;
};

/// The faults that are active, and what they do to those who reach their points.
///
///     added ──► armed ──fired as often as it may──► spent
///                 │                                   │
///                 └────── removed, or expired ────────┴──► gone: whoever it held up goes on
///
/// With nothing armed, reaching a point costs one relaxed atomic load. Of several faults that are
/// meant for who reaches a point, the oldest that fires acts, and the younger ones are not asked.
/// Whether a fault fires is drawn from its own generator, so that its nth hit has the same answer
/// for the same seed. It also holds by how much the clock is shifted. Thread-safe; `reach` blocks
/// as long as a fault says.
class fault_injector {
public:
  explicit fault_injector(fault_injector_options options) : options_(std::move(options)) {}
  fault_injector(const fault_injector&) = delete;
  fault_injector& operator=(const fault_injector&) = delete;

  std::span<const fault_point> points() const { return options_.points; }

  /// @returns the fault as it was added; as `check` has it; `ec::quota_exceeded` beyond
  /// `faults_max`; `ec::draining` after `stop`. One that acts at once is not kept.
  domain::result<fault> add(fault_request wanted);
  /// Lets go on whoever it holds up.
  /// @returns whether there was one.
  bool remove(std::string_view id);
  void remove_all();

  /// In the order in which they were added.
  std::vector<fault> list();
  std::size_t active() { return list().size(); }
  /// How often any has acted.
  std::uint64_t fired_total() const { return fired_total_.load(std::memory_order_relaxed); }

  /// To be called at a point.
  /// @returns whether what was to be done must fail.
  /// @throws injected_failure, injected_kill
  bool reach(std::string_view point, const fault_place& place = {}) {
    return armed_.load(std::memory_order_relaxed) && act(point, place);
  }
  /// The same, but leaves every action but `exit` to the caller, who must not block.
  std::optional<injected_fault> ask(std::string_view point, const fault_place& place = {}) {
    return armed_.load(std::memory_order_relaxed) ? decide(point, place) : std::nullopt;
  }

  /// @pre within `clock_offset_max`, in either direction
  void shift_clock(std::chrono::milliseconds offset) { clock_offset_ms_ = offset.count(); }
  /// What is to be added to every reading of the clock.
  std::chrono::milliseconds clock_offset() const {
    return std::chrono::milliseconds{clock_offset_ms_.load(std::memory_order_relaxed)};
  }

  /// Removes all faults, for good.
  void stop();

private:
  using time_point = fault_injector_options::time_point;

  struct active_fault {
    fault shown;
    std::mt19937_64 random;
    time_point expires_at;
    /// Of what it does.
    std::optional<time_point> told_at;

    bool draw();
  };
  struct news {
    fault about;
    fault_news kind;
  };

  fault kill_at_once(active_fault added, time_point now);
  bool act(std::string_view point, const fault_place& place);
  std::optional<injected_fault> decide(std::string_view point, const fault_place& place);
  void wait_out(const injected_fault& injected);

  // To be called with the mutex held. What is to be told is told without it.
  void forget_expired(time_point now, std::vector<news>& told);
  injected_fault fire(active_fault& firing, time_point now, std::vector<news>& told);
  bool is_active(std::string_view id) const;
  void faults_changed();

  void tell(const std::vector<news>& told) const;

  const fault_injector_options options_;
  std::atomic<bool> armed_{false};
  std::atomic<std::uint64_t> fired_total_{0};
  std::atomic<std::int64_t> clock_offset_ms_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::list<active_fault> faults_;
  std::uint64_t faults_added_ = 0;
  bool stopped_ = false;
};

}  // namespace talaria::supervision
