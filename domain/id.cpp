#include "domain/id.hpp"

#include <algorithm>
#include <cstring>

namespace talaria::domain {

namespace {

constexpr std::string_view digits = "0123456789abcdef";
constexpr std::size_t text_length = 36;

constexpr bool is_dash_position(std::size_t position) {
  return position == 8 || position == 13 || position == 18 || position == 23;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

void put_time(uuid& value, std::uint64_t ms) {
  for (int i = 5; i >= 0; --i, ms >>= 8U)
    value.bytes[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(ms);
}

std::int64_t to_ms(timestamp time) {
  return std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count();
}

/// An event's id lends its lowest 28 bits to the number of a subscription.
uuid with_number(uuid value, std::uint32_t number) {
  value.bytes[12] = static_cast<std::uint8_t>((value.bytes[12] & 0xF0U) | (number >> 24U));
  value.bytes[13] = static_cast<std::uint8_t>(number >> 16U);
  value.bytes[14] = static_cast<std::uint8_t>(number >> 8U);
  value.bytes[15] = static_cast<std::uint8_t>(number);
  return value;
}

std::uint32_t number_in(const uuid& value) {
  return (static_cast<std::uint32_t>(value.bytes[12] & 0x0FU) << 24U) |
         (static_cast<std::uint32_t>(value.bytes[13]) << 16U) |
         (static_cast<std::uint32_t>(value.bytes[14]) << 8U) | value.bytes[15];
}

}  // namespace

std::string to_string(const uuid& value) {
  std::string text(text_length, '-');
  std::size_t position = 0;
  for (const auto byte : value.bytes) {
    if (is_dash_position(position))
      ++position;
    text[position++] = digits[byte >> 4U];
    text[position++] = digits[byte & 0x0FU];
  }
  return text;
}

std::optional<uuid> parse_uuid(std::string_view text) {
  if (text.size() != text_length)
    return std::nullopt;
  uuid value;
  std::size_t position = 0;
  for (auto& byte : value.bytes) {
    if (is_dash_position(position) && text[position++] != '-')
      return std::nullopt;
    const int high = hex_value(text[position++]);
    const int low = hex_value(text[position++]);
    if (high < 0 || low < 0)
      return std::nullopt;
    byte = static_cast<std::uint8_t>(high * 16 + low);
  }
  return value;
}

uuid to_uuid(const delivery_id& id) {
  return with_number(id.event.value, to_integer(id.subscription));
}

std::string to_string(const delivery_id& id) {
  return to_string(to_uuid(id));
}

std::optional<delivery_id> to_delivery_id(const uuid& value) {
  const auto number = number_in(value);
  if (number == 0)
    return std::nullopt;
  return delivery_id{event_id{with_number(value, 0)}, subscription_number{number}};
}

std::optional<delivery_id> parse_delivery_id(std::string_view text) {
  const auto value = parse_uuid(text);
  return value ? to_delivery_id(*value) : std::nullopt;
}

timestamp time_of(const uuid& value) {
  std::int64_t ms = 0;
  for (std::size_t i = 0; i < 6; ++i)
    ms = ms * 256 + value.bytes[i];
  return timestamp{std::chrono::milliseconds{ms}};
}

uuid first_uuid_at(timestamp time) {
  uuid value;
  put_time(value, static_cast<std::uint64_t>(std::max<std::int64_t>(0, to_ms(time))));
  value.bytes[6] = 0x70;
  value.bytes[8] = 0x80;
  return value;
}

uuid uuid_sequence::next(timestamp now, std::uint64_t random) {
  constexpr std::uint32_t counter_max = 0xFFF;
  const auto now_ms = to_ms(now);
  if (now_ms > last_ms_) {
    last_ms_ = now_ms;
    // Half of the counter's range stays free for ids of the same millisecond; the random start
    // makes ids of different sequences less likely to meet.
    counter_ = static_cast<std::uint32_t>(random >> 53U);
  } else if (++counter_ > counter_max) {
    ++last_ms_;
    counter_ = 0;
  }
  uuid value;
  put_time(value, static_cast<std::uint64_t>(last_ms_));
  value.bytes[6] = static_cast<std::uint8_t>(0x70U | (counter_ >> 8U));
  value.bytes[7] = static_cast<std::uint8_t>(counter_);
  for (std::size_t i = 8; i < 16; ++i, random >>= 8U)
    value.bytes[i] = static_cast<std::uint8_t>(random);
  value.bytes[8] = static_cast<std::uint8_t>(0x80U | (value.bytes[8] & 0x3FU));
  return value;
}

event_id uuid_sequence::next_event_id(timestamp now, std::uint64_t random) {
  return event_id{with_number(next(now, random), 0)};
}

}  // namespace talaria::domain

std::size_t std::hash<talaria::domain::uuid>::operator()(
    const talaria::domain::uuid& value) const noexcept {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  std::memcpy(&high, value.bytes.data(), sizeof high);
  std::memcpy(&low, value.bytes.data() + sizeof high, sizeof low);
  // The multiplier of splitmix64 spreads the counter bits of consecutive ids.
  return (high ^ (low * 0x9E3779B97F4A7C15ULL)) * 0xBF58476D1CE4E5B9ULL;
}
