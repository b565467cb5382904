#pragma once

#include "domain/error.hpp"

#include <boost/json/object.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// JSON that is taken apart without being rebuilt: values are slices of the bytes as they were
/// sent, so whatever is passed on is passed on exactly.
namespace talaria::http {

/// Whether a text is one JSON value, by RFC 8259 and no more: no comments, no trailing commas,
/// valid UTF-8, no lone surrogates, no number that is too large by its exponent. Numbers may have
/// any count of digits.
///
/// @param depth_max Arrays and objects inside each other.
/// @returns `ec::invalid_json`
domain::result<void> check_json(std::string_view text, std::size_t depth_max);

struct json_member {
  /// Decoded.
  std::string name;
  /// As sent, without white space around it.
  std::string_view value;
};

/// The members of an object, in order.
///
/// @pre `object` passed `check_json` and `is_json_object`.
/// @returns `ec::invalid_json` if two have the same name.
domain::result<std::vector<json_member>> members_of(std::string_view object);

/// The elements of an array, in order, as sent.
///
/// @pre `array` passed `check_json` and begins with a bracket.
std::vector<std::string_view> elements_of(std::string_view array);

/// Drops white space around a value.
std::string_view trim_json(std::string_view text);

/// These ask for the type of a value that passed `check_json`, trimmed.
inline bool is_json_object(std::string_view value) {
  return value.starts_with('{');
}
inline bool is_json_array(std::string_view value) {
  return value.starts_with('[');
}
inline bool is_json_string(std::string_view value) {
  return value.starts_with('"');
}

/// @pre `is_json_string(value)`
std::string decode_json_string(std::string_view value);

/// For bodies that are read as a whole: an object with every name once.
/// @returns `ec::invalid_json`, or `ec::wrong_type` if it is none.
domain::result<boost::json::object> parse_json_object(std::string_view text);

}  // namespace talaria::http
