#pragma once

#include "domain/error.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// What stands in a server's answers, of which nothing is taken for granted.
namespace talaria::console {

/// @returns an object, or `ec::invalid_json` for what no Talaria answers.
domain::result<boost::json::value> parse_answer(std::string_view body);

/// Printable; empty for null.
std::string text_of(const boost::json::value& value);
/// As `text_of`; empty if there is none of the name.
std::string text_in(const boost::json::object& object, std::string_view name);
/// Absent if there is none, or it is no count.
std::optional<std::uint64_t> count_in(const boost::json::object& object, std::string_view name);
/// Null if there is none.
const boost::json::object* object_in(const boost::json::object& object, std::string_view name);

}  // namespace talaria::console
