#pragma once

#include <boost/json/value.hpp>

#include <string>

namespace talaria::http {

/// For people: two spaces for each level, members and elements on lines of their own, but for lists
/// and objects that are empty.
std::string pretty_json(const boost::json::value& value);

}  // namespace talaria::http
