#include "domain/interest_settings.hpp"

#include "domain/json_fields.hpp"
#include "domain/limits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace talaria::domain {

namespace json = boost::json;

result<std::vector<std::string>> read_event_types(const json::value& value) {
  if (!value.is_array())
    return fail(ec::wrong_type, "event_types must be an array of strings", "/event_types");
  const auto& array = value.get_array();
  if (array.empty() || array.size() > limits::event_type_patterns_max)
    return fail(ec::invalid_value,
                fmt::format("event_types has 1 to {} entries", limits::event_type_patterns_max),
                "/event_types");
  std::vector<std::string> patterns;
  for (std::size_t i = 0; i < array.size(); ++i) {
    const auto* text = array[i].if_string();
    if (text == nullptr)
      return fail(ec::wrong_type, "an event type is a string", fmt::format("/event_types/{}", i));
    std::string pattern{*text};
    if (!is_event_type_pattern(pattern))
      return fail(ec::invalid_value, "an event type is a name, a prefix ending in .*, or *",
                  fmt::format("/event_types/{}", i));
    if (std::find(patterns.begin(), patterns.end(), pattern) == patterns.end())
      patterns.push_back(std::move(pattern));
  }
  return patterns;
}

result<labels> read_label_filter(const json::value& value) {
  if (!value.is_object())
    return fail(ec::wrong_type, "label_filter must be an object", "/label_filter");
  const auto& object = value.get_object();
  if (object.size() > limits::labels_max)
    return fail(ec::invalid_value,
                fmt::format("label_filter has at most {} members", limits::labels_max),
                "/label_filter");
  labels filter;
  for (const auto& [name, scalar] : object) {
    const auto field = fmt::format("/label_filter/{}", escaped({name.data(), name.size()}));
    if (!scalar.is_string() && !scalar.is_number() && !scalar.is_bool())
      return fail(ec::wrong_type, "a label is compared with a string, a number or a boolean",
                  field);
    auto text = label_value_text(scalar);
    if (name.size() > limits::label_name_bytes_max || text.size() > limits::label_value_bytes_max)
      return fail(ec::too_large, "the label's name or value is too long", field);
    filter.push_back({std::string{name}, std::move(text)});
  }
  return filter;
}

}  // namespace talaria::domain
