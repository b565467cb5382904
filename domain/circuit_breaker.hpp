#pragma once

#include "domain/attempt.hpp"
#include "domain/limits.hpp"
#include "domain/time.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace talaria::domain {

struct circuit_breaker_settings {
  bool enabled = true;
  /// In (0, 1]: the share of failed attempts at which it opens.
  double failure_rate = limits::breaker_failure_rate_default;
  /// Fewer attempts than this within the window tell nothing.
  std::uint32_t min_calls = limits::breaker_min_calls_default;
  std::chrono::milliseconds window = limits::breaker_window_default;
  /// From its opening to the first probe.
  std::chrono::milliseconds open = limits::breaker_open_default;
  /// So many probes must fail until it opens again.
  std::uint32_t half_open_calls = limits::breaker_half_open_calls_default;

  bool operator==(const circuit_breaker_settings&) const = default;
};

enum class breaker_state : std::uint8_t { closed, open, half_open };
std::string_view to_string(breaker_state state);

/// What is known of a breaker that is not closed: enough to go on after a restart.
struct breaker_opening {
  timestamp opened_at;
  timestamp next_probe_at;
  /// For people.
  std::string reason;

  bool operator==(const breaker_opening&) const = default;
};

/// As it is seen from outside: one whose probes are due counts as half open.
breaker_state state_of(const std::optional<breaker_opening>& opening, timestamp now);

/// Stops attempts to a receiver that fails too often, and finds out when it is back.
///
///     closed ──too many failures in the window──► open ──its time is over──► half open
///        ▲                                         ▲                           │ │
///        │                                         └─────all probes failed─────┘ │
///        └───────────────────────────one probe succeeded─────────────────────────┘
///
/// While it is open nothing is attempted, so that what waits keeps its attempts. A probe is an
/// attempt like any other. Results of attempts that began in an earlier state are void: they tell
/// of the past. A restart is no reason to let the whole backlog through: `restore` goes on where
/// the last process stopped, though without its count of probes. Pure: reads no clock.
class circuit_breaker {
public:
  enum class change : std::uint8_t { none, opened, reopened, closed };

  /// Returned for each attempt that starts, to be handed back with its result.
  struct permit {
    std::uint32_t period = 0;
  };

  /// Counts are lost if the window changes. A breaker that is switched off is closed.
  void configure(const circuit_breaker_settings& settings);
  void restore(std::optional<breaker_opening> opening);

  breaker_state state() const { return state_; }
  /// Present unless it is closed.
  const std::optional<breaker_opening>& opening() const { return opening_; }

  struct counts {
    std::uint32_t calls = 0;
    std::uint32_t failures = 0;
  };
  /// Within the window, as of now.
  counts seen(timestamp now) const;

  /// The earliest time, from `now` on, at which another attempt may start; absent: not before a
  /// probe has ended.
  std::optional<timestamp> next(timestamp now) const;

  /// @pre `next(now) == now`
  permit take(timestamp now);

  change ended(permit given, const attempt& made, timestamp now);
  /// The attempt told nothing about the receiver.
  void abandoned(permit given);

private:
  struct slice {
    std::int64_t number = 0;
    std::uint32_t calls = 0;
    std::uint32_t failures = 0;
  };
  static constexpr std::size_t slices = 10;

  void count(bool succeeded, timestamp now);
  slice total(timestamp now) const;
  std::int64_t slice_number(timestamp now) const;
  void open(timestamp now, std::string reason);
  void close();
  change judge_probe(const attempt& made, timestamp now);
  change judge_window(const attempt& made, timestamp now);

  circuit_breaker_settings settings_;
  breaker_state state_ = breaker_state::closed;
  std::optional<breaker_opening> opening_;
  /// Rises with every change of state.
  std::uint32_t period_ = 0;
  std::array<slice, slices> window_{};
  std::uint32_t probes_under_way_ = 0;
  std::uint32_t probes_failed_ = 0;
};

}  // namespace talaria::domain
