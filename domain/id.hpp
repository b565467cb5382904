#pragma once

#include "domain/time.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace talaria::domain {

/// 128 bits, ordered as their text is.
struct uuid {
  std::array<std::uint8_t, 16> bytes{};

  auto operator<=>(const uuid&) const = default;
};

/// Lower-case, with dashes: 36 characters.
std::string to_string(const uuid& value);

/// Accepts exactly what `to_string` writes, in either case of the hexadecimal digits.
std::optional<uuid> parse_uuid(std::string_view text);

/// An id that cannot be mistaken for one of another kind.
template <class Tag>
struct strong_id {
  uuid value;

  auto operator<=>(const strong_id&) const = default;
};

template <class Tag>
std::string to_string(const strong_id<Tag>& id) {
  return to_string(id.value);
}

using organization_id = strong_id<struct organization_tag>;
using application_id = strong_id<struct application_tag>;
using api_key_id = strong_id<struct api_key_tag>;
using subscription_id = strong_id<struct subscription_tag>;
using event_type_id = strong_id<struct event_type_tag>;
using event_id = strong_id<struct event_tag>;

/// A subscription's number, given by the store in the order of creation, from 1 on. It stands for
/// the subscription wherever a row per delivery would pay for 16 bytes, and fits in 28 bits.
enum class subscription_number : std::uint32_t {};
inline constexpr std::uint32_t subscription_number_max = (1U << 28U) - 1;

constexpr std::uint32_t to_integer(subscription_number number) {
  return static_cast<std::uint32_t>(number);
}

/// One event to one subscription. Its text is the event's id with the subscription's number in the
/// lowest 28 bits, which an event's id leaves zero: both can be read back from it without a
/// look-up.
struct delivery_id {
  event_id event;
  subscription_number subscription;

  auto operator<=>(const delivery_id&) const = default;
};

uuid to_uuid(const delivery_id& id);
std::string to_string(const delivery_id& id);

/// @returns nothing if the value names subscription 0.
std::optional<delivery_id> to_delivery_id(const uuid& value);
/// @returns nothing if the text is no UUID or names subscription 0.
std::optional<delivery_id> parse_delivery_id(std::string_view text);

/// The time in a UUIDv7, to the millisecond.
timestamp time_of(const uuid& value);

/// The smallest UUIDv7 of a time: a bound for ranges of ids.
uuid first_uuid_at(timestamp time);

/// Makes UUIDv7s (RFC 9562, method 1 of its section 6.2: a counter in `rand_a`).
///
/// Ids of one sequence are unique and rise strictly, even when the clock stands still or steps
/// back. Not thread-safe.
class uuid_sequence {
public:
  /// @param random 64 fresh random bits.
  uuid next(timestamp now, std::uint64_t random);

  /// As `next`, with the lowest 28 bits zero, which leaves 34 random ones.
  event_id next_event_id(timestamp now, std::uint64_t random);

private:
  std::int64_t last_ms_ = 0;
  std::uint32_t counter_ = 0;
};

}  // namespace talaria::domain

template <>
struct std::hash<talaria::domain::uuid> {
  std::size_t operator()(const talaria::domain::uuid& value) const noexcept;
};

template <class Tag>
struct std::hash<talaria::domain::strong_id<Tag>> {
  std::size_t operator()(const talaria::domain::strong_id<Tag>& id) const noexcept {
    return std::hash<talaria::domain::uuid>{}(id.value);
  }
};

template <>
struct std::hash<talaria::domain::delivery_id> {
  std::size_t operator()(const talaria::domain::delivery_id& id) const noexcept {
    return std::hash<talaria::domain::uuid>{}(id.event.value) * 31 +
           talaria::domain::to_integer(id.subscription);
  }
};
