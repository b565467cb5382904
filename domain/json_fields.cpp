#include "domain/json_fields.hpp"

#include <boost/json/parse.hpp>
#include <fmt/format.h>

namespace talaria::domain {

namespace json = boost::json;

json::value parse_stored_json(std::string_view text) {
  json::parse_options options;
  options.max_depth = limits::json_depth_max;
  return json::parse({text.data(), text.size()}, {}, options);
}

std::string pointer(std::string_view field) {
  return fmt::format("/{}", field);
}

std::string escaped(std::string_view name) {
  std::string token;
  for (const char c : name) {
    if (c == '~')
      token += "~0";
    else if (c == '/')
      token += "~1";
    else
      token += c;
  }
  return token;
}

result<std::string> read_string(const json::value& value, std::string_view field,
                                std::size_t bytes_max) {
  if (!value.is_string())
    return fail(ec::wrong_type, fmt::format("{} must be a string", field), pointer(field));
  const auto& text = value.get_string();
  if (text.size() > bytes_max)
    return fail(ec::too_large, fmt::format("{} has at most {} bytes", field, bytes_max),
                pointer(field));
  if (text.find('\0') != json::string::npos)
    return fail(ec::invalid_value, fmt::format("{} must not contain NUL", field), pointer(field));
  return std::string{text};
}

result<bool> read_boolean(const json::value& value, std::string_view field) {
  if (!value.is_bool())
    return fail(ec::wrong_type, fmt::format("{} must be true or false", field), pointer(field));
  return value.get_bool();
}

result<std::int64_t> read_integer(const json::value& value, std::string_view field,
                                  std::int64_t min, std::int64_t max) {
  if (!value.is_number())
    return fail(ec::wrong_type, fmt::format("{} must be an integer", field), pointer(field));
  boost::system::error_code failed;
  const auto number = value.to_number<std::int64_t>(failed);
  if (failed || number < min || number > max)
    return fail(ec::invalid_value,
                fmt::format("{} must be an integer from {} to {}", field, min, max),
                pointer(field));
  return number;
}

}  // namespace talaria::domain
