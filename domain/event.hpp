#pragma once

#include "domain/error.hpp"
#include "domain/id.hpp"
#include "domain/time.hpp"

#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace talaria::domain {

enum class priority : std::uint8_t { high = 0, normal = 1, low = 2 };

std::string_view to_string(priority value);
std::optional<priority> parse_priority(std::string_view text);

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
};

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
