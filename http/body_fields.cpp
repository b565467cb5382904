#include "http/body_fields.hpp"

#include "domain/limits.hpp"

namespace talaria::http {

using domain::ec;
using domain::fail;
using domain::result;
namespace json = boost::json;

result<std::optional<std::string>> take_string(json::object& body, std::string_view name) {
  const auto found = body.find(name);
  if (found == body.end()) {
    return std::nullopt;
  }
  if (!found->value().is_string()) {
    return fail(ec::wrong_type, "The field must be a string.", "/" + std::string(name));
  }
  std::string text(found->value().get_string());
  body.erase(found);
  return text;
}

result<std::optional<domain::application_id>> take_application(json::object& body) {
  const auto text = take_string(body, "application_id");
  if (!text) {
    return tl::unexpected(text.error());
  }
  if (!*text) {
    return std::nullopt;
  }
  const auto id = domain::parse_uuid(**text);
  if (!id) {
    return fail(ec::invalid_value, "The field must be a UUID.", "/application_id");
  }
  return domain::application_id{*id};
}

result<std::string> read_name(const json::value& value) {
  if (!value.is_string()) {
    return fail(ec::wrong_type, "The field must be a string.", "/name");
  }
  std::string name(value.get_string());
  if (name.empty() || name.size() > domain::limits::name_bytes_max ||
      name.find('\0') != std::string::npos) {
    return fail(ec::invalid_value, "A name has 1 to 128 bytes and no NUL.", "/name");
  }
  return name;
}

}  // namespace talaria::http
