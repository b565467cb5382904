#include "http/reference_schema.hpp"

#include "http/html.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace talaria::http {
namespace {

namespace json = boost::json;

/// Deeper ones are linked: nobody reads tables in tables in tables.
constexpr std::size_t depth_max = 5;

std::string_view name_of_reference(std::string_view reference) {
  return reference.substr(reference.rfind('/') + 1);
}

bool is_null(const json::object& schema) {
  return text_in(schema, "type") == "null";
}

std::string code(std::string_view text) {
  return "<code>" + escape_html(text) + "</code>";
}

std::string code(const json::value& value) {
  return code(json::serialize(value));
}

/// Words that bound the same thing from both sides.
struct range {
  const char* min;
  const char* max;
  const char* unit;
};
constexpr std::array ranges{
    range{"minLength", "maxLength", " characters"}, range{"minItems", "maxItems", " items"},
    range{"minProperties", "maxProperties", " members"}, range{"minimum", "maximum", ""}};

std::string describe(const json::object& schema, const range& words) {
  const json::value* min = schema.if_contains(words.min);
  const json::value* max = schema.if_contains(words.max);
  const auto text = [](const json::value* value) { return json::serialize(*value); };
  if (min != nullptr && max != nullptr && *min == *max) {
    return text(min) + words.unit;
  }
  if (min != nullptr && max != nullptr) {
    return text(min) + " to " + text(max) + words.unit;
  }
  if (min != nullptr) {
    return "at least " + text(min) + words.unit;
  }
  return max != nullptr ? "at most " + text(max) + words.unit : std::string{};
}

/// Phrases in a row, those that are empty left out.
struct phrases {
  std::string html;

  void add(const std::string& phrase) {
    if (!phrase.empty()) {
      html.append(html.empty() ? "" : "; ").append(phrase);
    }
  }
};

std::string list_of_codes(const json::array& values) {
  std::string html;
  for (const json::value& value : values) {
    html.append(html.empty() ? "" : ", ").append(code(value));
  }
  return html;
}

/// Names of which one must be there, where a schema says so by alternatives.
std::string required_alternatives(const json::object& schema) {
  std::string html;
  for (const json::value& form : array_in(schema, "anyOf")) {
    for (const json::value& name : array_in(form.as_object(), "required")) {
      html.append(html.empty() ? "" : " or ").append(code(std::string_view(name.as_string())));
    }
  }
  return html.empty() ? html : "<p>" + html + " is required.</p>";
}

bool is_required(const json::object& schema, std::string_view name) {
  return std::ranges::any_of(array_in(schema, "required"),
                             [name](const json::value& one) { return one.as_string() == name; });
}

}  // namespace

std::string_view text_in(const json::object& object, std::string_view name) {
  const json::value* found = object.if_contains(name);
  return found != nullptr && found->is_string() ? std::string_view(found->get_string())
                                                : std::string_view{};
}

const json::object& object_in(const json::object& object, std::string_view name) {
  static const json::object none;
  const json::value* found = object.if_contains(name);
  return found != nullptr && found->is_object() ? found->get_object() : none;
}

const json::array& array_in(const json::object& object, std::string_view name) {
  static const json::array none;
  const json::value* found = object.if_contains(name);
  return found != nullptr && found->is_array() ? found->get_array() : none;
}

std::string schema_anchor(std::string_view name) {
  return "schema-" + std::string(name);
}

const json::object& reference_schema::resolve(const json::object& described) const {
  const auto reference = text_in(described, "$ref");
  if (!reference.starts_with('#')) {
    return described;
  }
  const json::object* found = &document_;
  for (auto rest = reference.substr(1); !rest.empty();) {
    rest.remove_prefix(1);
    const auto end = std::min(rest.find('/'), rest.size());
    found = &object_in(*found, rest.substr(0, end));
    rest.remove_prefix(end);
  }
  return *found;
}

std::string reference_schema::type(const json::object& schema) const {
  if (const auto reference = text_in(schema, "$ref"); !reference.empty()) {
    const auto name = name_of_reference(reference);
    return fmt::format(R"(<a href="#{}">{}</a>)", schema_anchor(name), escape_html(name));
  }
  if (const json::value* constant = schema.if_contains("const")) {
    return code(*constant);
  }
  if (!array_in(schema, "oneOf").empty()) {
    return any_type(array_in(schema, "oneOf"));
  }
  if (!array_in(schema, "type").empty()) {
    std::string html;
    for (const json::value& one : array_in(schema, "type")) {
      html.append(html.empty() ? "" : " or ").append(escape_html(one.as_string()));
    }
    return html;
  }
  if (text_in(schema, "type") == "array") {
    return "array of " + type(object_in(schema, "items"));
  }
  return text_in(schema, "type").empty() ? "any value" : escape_html(text_in(schema, "type"));
}

std::string reference_schema::any_type(const json::array& forms) const {
  std::string html;
  for (const json::value& form : forms) {
    const std::string one = is_null(form.as_object()) ? "null" : type(form.as_object());
    if (html.find(one) == std::string::npos) {
      html.append(html.empty() ? "" : " or ").append(one);
    }
  }
  return html;
}

std::string reference_schema::bounds(const json::object& shown) const {
  const json::object& schema = resolve(shown);
  phrases all;
  for (const range& words : ranges) {
    all.add(describe(schema, words));
  }
  if (const json::value* min = schema.if_contains("exclusiveMinimum")) {
    all.add("more than " + json::serialize(*min));
  }
  all.add(escape_html(text_in(schema, "format")));
  if (const auto pattern = text_in(schema, "pattern"); !pattern.empty()) {
    all.add("matches " + code(pattern));
  }
  if (const auto& values = array_in(schema, "enum"); !values.empty()) {
    all.add("one of " + list_of_codes(values));
  }
  all.add(bounds_of_parts(schema));
  const json::value* fallback = shown.if_contains("default");
  if (fallback == nullptr) {
    fallback = schema.if_contains("default");
  }
  if (fallback != nullptr) {
    all.add("default " + code(*fallback));
  }
  return all.html;
}

std::string reference_schema::bounds_of_parts(const json::object& schema) const {
  phrases all;
  const json::object& items = object_in(schema, "items");
  if (!items.empty() && !items.contains("$ref")) {
    const std::string each = bounds(items);
    all.add(each.empty() ? each : "each " + each);
  }
  if (const auto& names = object_in(schema, "propertyNames"); !names.empty()) {
    all.add("names: " + bounds(names));
  }
  if (const auto& values = object_in(schema, "additionalProperties"); !values.empty()) {
    all.add("values: " + type(values));
  }
  return all.html;
}

std::string reference_schema::members(const json::object& schema, references how) const {
  return members(schema, how, {});
}

std::string reference_schema::members(const json::object& shown, references how,
                                      const names& within) const {
  names now_within = within;
  if (const auto reference = text_in(shown, "$ref"); !reference.empty()) {
    const auto name = name_of_reference(reference);
    const bool repeats = std::ranges::find(within, name) != within.end();
    if (repeats || within.size() >= depth_max) {
      return {};
    }
    now_within.push_back(name);
  }
  const json::object& schema = resolve(shown);
  if (text_in(schema, "type") == "array") {
    return members(object_in(schema, "items"), how, now_within);
  }
  if (!array_in(schema, "oneOf").empty()) {
    return forms(schema, how, now_within);
  }
  const json::object& properties = object_in(schema, "properties");
  if (properties.empty()) {
    return {};
  }
  std::string html = required_alternatives(schema) + R"(<dl class="fields">)";
  for (const auto& [name, value] : properties) {
    html += member(name, value.as_object(), is_required(schema, name), how, now_within);
  }
  return html + "</dl>";
}

std::string reference_schema::forms(const json::object& schema, references how,
                                    const names& within) const {
  std::string html;
  for (const json::value& form : array_in(schema, "oneOf")) {
    const json::object& one = form.as_object();
    const bool linked = how == references::linked && one.contains("$ref");
    const std::string shown = linked ? std::string{} : members(one, how, within);
    if (!shown.empty()) {
      html.append(html.empty() ? "" : "<p>or</p>").append(shown);
    }
  }
  return html;
}

std::string reference_schema::member(std::string_view name, const json::object& schema,
                                     bool required, references how, const names& within) const {
  std::string html =
      fmt::format(R"(<div><dt>{} <span class="type">{}</span>{}</dt><dd>)", code(name),
                  type(schema), required ? R"( <span class="required">required</span>)" : "");
  const auto own = text_in(schema, "description");
  html += describe_in_html(own.empty() ? text_in(resolve(schema), "description") : own);
  if (const std::string narrowed = bounds(schema); !narrowed.empty()) {
    html += R"(<span class="bounds">)" + narrowed + "</span>";
  }
  const bool linked = how == references::linked &&
                      (schema.contains("$ref") || object_in(schema, "items").contains("$ref"));
  if (const std::string inner = linked ? std::string{} : members(schema, how, within);
      !inner.empty()) {
    html += "<details><summary>members of " + code(name) + "</summary><div>" + inner +
            "</div></details>";
  }
  return html + "</dd></div>";
}

}  // namespace talaria::http
