#pragma once

#include "domain/limits.hpp"

#include <boost/json/parse.hpp>

#include <optional>
#include <string_view>
#include <utility>

namespace talaria::fuzz {

/// As deep as a request's body may be. @returns nothing if it is no JSON
inline std::optional<boost::json::value> parse_json(std::string_view text) {
  boost::json::parse_options options;
  options.max_depth = domain::limits::json_depth_max;
  boost::json::error_code failure;
  auto value =
      boost::json::parse(boost::json::string_view(text.data(), text.size()), failure, {}, options);
  return failure ? std::nullopt : std::optional(std::move(value));
}

}  // namespace talaria::fuzz
