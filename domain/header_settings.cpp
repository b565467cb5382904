#include "domain/header_settings.hpp"

#include "domain/json_fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace talaria::domain {

namespace {

/// The `token` of RFC 9110, section 5.6.2.
bool is_header_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view{"!#$%&'*+-.^_`|~"}.find(static_cast<char>(c)) != std::string_view::npos;
  });
}

/// Headers that frame the request or that receivers trust as ours.
bool is_reserved_header(std::string_view name) {
  std::string lower{name};
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  constexpr std::array<std::string_view, 14> reserved{
      "host",       "content-length",  "content-type", "transfer-encoding",
      "connection", "keep-alive",      "upgrade",      "expect",
      "te",         "trailer",         "user-agent",   "traceparent",
      "tracestate", "proxy-connection"};
  return std::find(reserved.begin(), reserved.end(), lower) != reserved.end() ||
         lower.starts_with("webhook-") || lower.starts_with("hook0-");
}

bool is_header_value(std::string_view value) {
  return std::all_of(value.begin(), value.end(),
                     [](unsigned char c) { return c == '\t' || (c >= 0x20 && c != 0x7F); });
}

}  // namespace

result<std::vector<std::pair<std::string, std::string>>> read_headers(
    const boost::json::value& value) {
  if (!value.is_object())
    return fail(ec::wrong_type, "headers must be an object of strings", "/headers");
  const auto& object = value.get_object();
  if (object.size() > limits::custom_headers_max)
    return fail(ec::invalid_value,
                fmt::format("headers has at most {} members", limits::custom_headers_max),
                "/headers");
  std::vector<std::pair<std::string, std::string>> headers;
  for (const auto& [key, content] : object) {
    const std::string name{key};
    const auto field = fmt::format("/headers/{}", escaped(name));
    if (!content.is_string())
      return fail(ec::wrong_type, "a header's value is a string", field);
    const std::string text{content.get_string()};
    if (!is_header_name(name) || !is_header_value(text))
      return fail(ec::invalid_value, "not a header's name and value as HTTP defines them", field);
    if (is_reserved_header(name))
      return fail(ec::invalid_value, "this header is set by Talaria", field);
    if (name.size() + text.size() > limits::custom_header_bytes_max)
      return fail(ec::too_large, "the header is too long", field);
    headers.emplace_back(name, text);
  }
  return headers;
}

}  // namespace talaria::domain
