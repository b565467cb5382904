#pragma once

#include "domain/id.hpp"
#include "domain/time.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace talaria::domain {

using recovery_id = strong_id<struct recovery_tag>;

/// The life cycle of a recovery:
///
///     running ──nothing is left──────────────────────────► finished
///        └──cancelled, or its subscription was deleted──► cancelled
enum class recovery_status : std::uint8_t { running = 0, finished = 1, cancelled = 2 };

std::string_view to_string(recovery_status status);

/// Which dead deliveries of a subscription are wanted back, and how fast.
struct recovery_request {
  /// Of events that were received from then on ...
  timestamp since;
  /// ... and before then. Both to the millisecond, as the times in events' ids are.
  timestamp until;
  /// At least 1.
  std::uint32_t rate_per_second = 0;
};

/// Makes the dead deliveries of a time pending again, a few at a time.
struct recovery {
  recovery_id id;
  subscription_id subscription;
  subscription_number number{};
  recovery_request wanted;
  recovery_status status = recovery_status::running;
  /// What was dead when it was created. More may have died since, or been retried by somebody.
  std::uint64_t total = 0;
  std::uint64_t redelivered = 0;
  timestamp created_at;
  timestamp updated_at;
  /// Absent while it is running.
  std::optional<timestamp> ended_at;
};

}  // namespace talaria::domain
