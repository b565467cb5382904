#pragma once

#include "domain/subscription.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>
#include <string_view>

/// What the tests of subscription settings share: they speak JSON, as clients do.
namespace talaria::domain::test {

inline boost::json::object object_of(std::string_view text) {
  boost::json::parse_options options;
  options.max_depth = limits::json_depth_max;
  return boost::json::parse({text.data(), text.size()}, {}, options).as_object();
}

inline std::string text_of(const subscription_settings& settings) {
  return boost::json::serialize(to_json(settings));
}

/// A JSON object with a good URL and one member more.
inline std::string with_url(std::string_view member, std::string_view value) {
  return fmt::format(R"({{"url":"https://example.com/","{}":{}}})", member, value);
}

inline subscription_settings accepted(const result<subscription_settings>& parsed) {
  REQUIRE_MESSAGE(parsed, (parsed ? "" : parsed.error().detail));
  return *parsed;
}

inline void check_refused(const result<subscription_settings>& parsed, ec code,
                          std::string_view field) {
  REQUIRE_FALSE(parsed);
  CHECK(to_string(parsed.error().code) == to_string(code));
  CHECK(parsed.error().field == field);
  CHECK_FALSE(parsed.error().detail.empty());
}

inline subscription_settings accepted(std::string_view member, std::string_view value) {
  const auto text = with_url(member, value);
  CAPTURE(text);
  return accepted(parse_subscription_settings(object_of(text)));
}

inline void check_refused(std::string_view member, std::string_view value, ec code,
                          std::string_view field) {
  const auto text = with_url(member, value);
  CAPTURE(text);
  check_refused(parse_subscription_settings(object_of(text)), code, field);
}

/// Refused with the field being the member itself.
inline void check_refused(std::string_view member, std::string_view value, ec code) {
  check_refused(member, value, code, fmt::format("/{}", member));
}

inline std::string quoted(const std::string& text) {
  return boost::json::serialize(boost::json::string_view{text});
}

}  // namespace talaria::domain::test
