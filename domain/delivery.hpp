#pragma once

#include "domain/attempt.hpp"
#include "domain/id.hpp"
#include "domain/retry_schedule.hpp"
#include "domain/time.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace talaria::domain {

/// The life cycle of a delivery:
///
///     pending ──2xx──────────────► delivered ──replay──► pending
///        │ ──schedule exhausted──► dead ──────retry────► pending
///        └──cancelled by a person► cancelled ─retry────► pending
enum class delivery_status : std::uint8_t { pending = 0, delivered = 1, dead = 2, cancelled = 3 };

std::string_view to_string(delivery_status status);
std::optional<delivery_status> parse_delivery_status(std::string_view text);

/// Whether a delivery may go from one status to the other.
bool is_legal(delivery_status from, delivery_status to);

/// How far a pending delivery has come.
struct delivery_progress {
  /// Requests made so far, over all runs.
  std::uint32_t attempts = 0;
  /// Requests made since the schedule began anew (by a retry or a replay); at most `attempts`.
  std::uint32_t run_attempts = 0;
  timestamp due;
};

/// What an attempt makes of its delivery.
struct verdict {
  delivery_status status = delivery_status::pending;
  /// When to try again. @pre status is pending
  timestamp due;
  /// The receiver answered 410: its subscription is to be disabled.
  bool gone = false;
};

/// Decides what follows from an attempt: the one place where a delivery ends or goes on.
///
/// @param before The progress before the attempt.
/// @param retry_after The receiver's wish, if it answered 429 or 503 with one.
/// @param jitter Fraction in [0, 1), drawn by the caller.
verdict judge(const delivery_progress& before, const attempt& made, const retry_schedule& schedule,
              std::optional<std::chrono::seconds> retry_after, timestamp now, double jitter);

}  // namespace talaria::domain
