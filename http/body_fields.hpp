#pragma once

#include "domain/error.hpp"
#include "domain/id.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <string_view>

/// Fields that bodies of several resources have.
namespace talaria::http {

/// Takes a string out of a body, if it is there.
/// @returns `ec::wrong_type`
domain::result<std::optional<std::string>> take_string(boost::json::object& body,
                                                       std::string_view name);

/// Takes `application_id`.
domain::result<std::optional<domain::application_id>> take_application(boost::json::object& body);

/// The value of `name`: 1 to `limits::name_bytes_max` bytes and no NUL.
domain::result<std::string> read_name(const boost::json::value& value);

/// Hands on what was read, into the place it is for.
template <class Value>
domain::result<void> assign(domain::result<Value> read, Value& into) {
  if (!read) {
    return tl::unexpected(read.error());
  }
  into = *std::move(read);
  return {};
}

}  // namespace talaria::http
