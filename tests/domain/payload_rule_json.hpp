#pragma once

#include "domain/limits.hpp"
#include "domain/payload_filter.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>
#include <string_view>

/// What the tests of payload filters share: rules and payloads are JSON, as clients write it.
namespace talaria::domain::test {

inline result<payload_filter> parse_filter(std::string_view rule) {
  boost::json::parse_options options;
  options.max_depth = limits::json_depth_max;
  return payload_filter::parse(boost::json::parse({rule.data(), rule.size()}, {}, options));
}

inline payload_filter filter_of(std::string_view rule) {
  CAPTURE(rule);
  const auto parsed = parse_filter(rule);
  REQUIRE_MESSAGE(parsed, (parsed ? "" : parsed.error().detail));
  return *parsed;
}

inline bool passes(std::string_view rule, std::string_view payload) {
  return filter_of(rule).matches(parsed_payload{payload});
}

/// @param operand JSON text.
inline std::string comparison(std::string_view compared_by, std::string_view operand,
                              std::string_view path = "/a") {
  return fmt::format(R"({{"path":"{}","{}":{}}})", path, compared_by, operand);
}

inline std::string member_a(std::string_view value) {
  return fmt::format(R"({{"a":{}}})", value);
}

}  // namespace talaria::domain::test
