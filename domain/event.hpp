#pragma once

#include "domain/error.hpp"
#include "domain/id.hpp"
#include "domain/time.hpp"
#include "domain/trace_context.hpp"

#include <boost/json/value.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace talaria::domain {

enum class priority : std::uint8_t { high = 0, normal = 1, low = 2 };

std::string_view to_string(priority value);
std::optional<priority> parse_priority(std::string_view text);

inline constexpr std::array priorities{priority::high, priority::normal, priority::low};

/// Some of the priorities.
class priority_set {
public:
  constexpr priority_set() = default;
  /// One bit for each priority, by its number.
  static constexpr priority_set of_bits(std::uint8_t bits) {
    priority_set made;
    made.bits_ = bits;
    return made;
  }

  constexpr bool contains(priority value) const { return (bits_ & bit_of(value)) != 0; }
  constexpr void insert(priority value) { bits_ |= bit_of(value); }
  constexpr std::uint8_t bits() const { return bits_; }

  bool operator==(const priority_set&) const = default;

private:
  static constexpr std::uint8_t bit_of(priority value) {
    return static_cast<std::uint8_t>(1U << static_cast<unsigned>(value));
  }

  std::uint8_t bits_ = 0;
};

/// A name and a JSON scalar as `label_value_text` writes it. Two labels are equal when both texts
/// are.
struct label {
  std::string name;
  std::string value;

  bool operator==(const label&) const = default;
};
using labels = std::vector<label>;

/// What was submitted, once. Immutable from its making on, and shared by its deliveries.
struct event {
  event_id id;
  application_id application;
  std::string type;
  /// The JSON text exactly as submitted.
  std::string payload;
  domain::labels labels;
  timestamp occurred_at;
  timestamp received_at;
  domain::priority priority = priority::normal;
  /// Where the client's trace caused it, if the client said so.
  std::optional<trace_context> trace{};
};

/// The trace that all its deliveries belong to: the client's, or one of its own, whose id is the
/// event's.
const trace_id& trace_of(const event& event);

/// Full-stop separated identifiers of `[A-Za-z0-9_-]`, 1 to `limits::event_type_bytes_max` bytes.
bool is_event_type(std::string_view text);

/// An exact event type, `*`, or a prefix that ends in `.*`: `user.*` matches `user.created` and
/// `user.address.changed`, not `user`.
bool is_event_type_pattern(std::string_view text);

/// @pre `is_event_type_pattern(pattern)`
bool matches(std::string_view pattern, std::string_view event_type);

/// The one text of a string, number or boolean: 1.0 and 1 are the same, and so are a character and
/// its escape. Integers of 64 bits keep every digit, other numbers 15. The text is JSON, and
/// reading it gives the same text again.
std::string label_value_text(const boost::json::value& scalar);

/// A JSON object in the order of the labels.
std::string to_json(const labels& labels);

/// Reads what `to_json` wrote.
labels parse_labels(std::string_view json);

}  // namespace talaria::domain
