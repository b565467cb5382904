#include "console/answer_fields.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "console/text.hpp"

namespace talaria::console {

namespace json = boost::json;
using domain::ec;
using domain::fail;

domain::result<json::value> parse_answer(std::string_view body) {
  boost::system::error_code error;
  auto parsed = json::parse(body, error);
  if (error || !parsed.is_object())
    return fail(ec::invalid_json, "The answer is not one of Talaria's.");
  return parsed;
}

std::string text_of(const json::value& value) {
  if (value.is_null())
    return {};
  return printable(value.is_string() ? std::string(value.get_string()) : json::serialize(value));
}

std::string text_in(const json::object& object, std::string_view name) {
  const auto* found = object.if_contains(name);
  return found == nullptr ? std::string{} : text_of(*found);
}

std::optional<std::uint64_t> count_in(const json::object& object, std::string_view name) {
  const auto* found = object.if_contains(name);
  if (found == nullptr || !found->is_number())
    return std::nullopt;
  boost::system::error_code error;
  const auto count = found->to_number<std::uint64_t>(error);
  return error ? std::nullopt : std::optional{count};
}

const json::object* object_in(const json::object& object, std::string_view name) {
  const auto* found = object.if_contains(name);
  return found == nullptr ? nullptr : found->if_object();
}

}  // namespace talaria::console
