#pragma once

#include "domain/time.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace talaria::actors {

/// How many deliveries a recovery may make pending by its rate: what has come together since it was
/// last asked, in whole deliveries; the rest is kept for the next time.
///
/// Not `domain::rate_limiter`, which spreads single deliveries evenly. Pure: reads no clock.
class recovery_allowance {
public:
  /// More than this does not come together, however long nobody asks.
  static constexpr std::chrono::microseconds span_max = std::chrono::seconds{1};

  /// Nothing has come together yet.
  explicit recovery_allowance(domain::timestamp now) : counted_until_{now} {}

  /// @pre the rate is at least 1
  std::size_t take(domain::timestamp now, std::uint32_t per_second);

private:
  domain::timestamp counted_until_;
};

}  // namespace talaria::actors
