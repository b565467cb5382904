#include "domain/event.hpp"

#include "domain/enum_text.hpp"
#include "domain/limits.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace talaria::domain {

namespace {

constexpr enum_texts<3> priority_texts{"high", "normal", "low"};

bool is_identifier_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

/// A double of integral value reads like the integer, so that 1.0 equals 1 as JSON means it.
///
/// Any other has 15 digits: Boost.JSON reads numbers with an error in the last of 17, so that more
/// would make a text that changes whenever it is stored and read back.
std::string number_text(double number) {
  // The largest double that 15 digits do not round up past the range of doubles.
  constexpr double finite_max = 1.797693134862312e308;
  if (std::fabs(number) > finite_max)
    return number < 0 ? "-1e999" : "1e999";  // JSON has no other infinity
  constexpr double fifteen_digits = 1e14;
  if (std::fabs(number) >= fifteen_digits)
    number = std::round(number);
  const double two_to_63 = std::exp2(63);
  const double two_to_64 = std::exp2(64);
  if (std::trunc(number) == number && number >= -two_to_63 && number < two_to_64) {
    if (number < two_to_63)
      return fmt::format("{}", static_cast<std::int64_t>(number));
    return fmt::format("{}", static_cast<std::uint64_t>(number));
  }
  return fmt::format("{:.15g}", number);
}

}  // namespace

std::string_view to_string(priority value) {
  return text_of(priority_texts, value);
}

std::optional<priority> parse_priority(std::string_view text) {
  return value_of<priority>(priority_texts, text);
}

bool is_event_type(std::string_view text) {
  if (text.empty() || text.size() > limits::event_type_bytes_max)
    return false;
  bool at_start_of_identifier = true;
  for (const char c : text) {
    if (c == '.' && at_start_of_identifier)
      return false;
    if (c != '.' && !is_identifier_character(c))
      return false;
    at_start_of_identifier = c == '.';
  }
  return !at_start_of_identifier;
}

bool is_event_type_pattern(std::string_view text) {
  if (text == "*")
    return true;
  if (text.ends_with(".*"))
    text.remove_suffix(2);
  return is_event_type(text);
}

bool matches(std::string_view pattern, std::string_view event_type) {
  if (pattern == "*")
    return true;
  if (!pattern.ends_with(".*"))
    return pattern == event_type;
  pattern.remove_suffix(1);
  return event_type.size() > pattern.size() && event_type.starts_with(pattern);
}

std::string label_value_text(const boost::json::value& scalar) {
  return scalar.is_double() ? number_text(scalar.get_double()) : boost::json::serialize(scalar);
}

std::string to_json(const labels& labels) {
  std::string text = "{";
  for (const auto& label : labels) {
    if (text.size() > 1)
      text += ',';
    text += boost::json::serialize(boost::json::string_view{label.name});
    text += ':';
    text += label.value;
  }
  text += '}';
  return text;
}

labels parse_labels(std::string_view json) {
  labels parsed;
  const auto value = boost::json::parse({json.data(), json.size()});
  for (const auto& [name, scalar] : value.as_object())
    parsed.push_back({std::string{name}, label_value_text(scalar)});
  return parsed;
}

const trace_id& trace_of(const event& event) {
  return event.trace ? event.trace->trace : event.id.value.bytes;
}

}  // namespace talaria::domain
