#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace talaria::load {

/// What tells a generated event from others, inside its payload.
struct event_stamp {
  /// Counts from 0 within a run.
  std::uint64_t sequence = 0;
  /// When it was submitted, or should have been. Meaningful within one machine only.
  std::chrono::steady_clock::time_point submitted;
};

/// Below it the stamp has no room.
inline constexpr std::size_t payload_bytes_min = 96;

/// A JSON object of exactly this size, shaped like an order with its items. It begins with a stamp
/// of zeros.
///
/// @pre bytes >= payload_bytes_min
std::string make_payload(std::size_t bytes);

/// Overwrites the stamp of a payload, which begins at `payload`, without changing its size.
void put_stamp(char* payload, const event_stamp& stamp);

/// @returns nothing if the payload was not made by `make_payload`.
std::optional<event_stamp> read_stamp(std::string_view payload);

}  // namespace talaria::load
