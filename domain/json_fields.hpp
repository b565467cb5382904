#pragma once

#include "domain/enum_text.hpp"
#include "domain/error.hpp"
#include "domain/limits.hpp"

#include <boost/json/value.hpp>
#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// Reads members of a JSON object that a client sent.
///
/// A `field` is the member's path without the leading slash, its names escaped; a fault names it
/// as a JSON pointer.
namespace talaria::domain {

/// Reads JSON of our own, as deep as a request's body may be: the library's default is less.
///
/// @throws std::exception if it is none.
boost::json::value parse_stored_json(std::string_view text);

/// The JSON pointer (RFC 6901) to a field.
std::string pointer(std::string_view field);

/// A name that a client chose, as a reference token of RFC 6901.
std::string escaped(std::string_view name);

result<std::string> read_string(const boost::json::value& value, std::string_view field,
                                std::size_t bytes_max);

result<bool> read_boolean(const boost::json::value& value, std::string_view field);

/// @returns `ec::invalid_value` for a number that is no integer, or is outside `min` to `max`.
result<std::int64_t> read_integer(const boost::json::value& value, std::string_view field,
                                  std::int64_t min, std::int64_t max);

template <class Enum, std::size_t Size>
result<Enum> read_choice(const boost::json::value& value, std::string_view field,
                         const enum_texts<Size>& texts) {
  const auto text = read_string(value, field, limits::name_bytes_max);
  if (!text)
    return tl::unexpected(text.error());
  const auto chosen = value_of<Enum>(texts, *text);
  if (!chosen)
    return fail(ec::invalid_value,
                fmt::format("{} must be one of {}", field, fmt::join(texts, ", ")), pointer(field));
  return *chosen;
}

}  // namespace talaria::domain
