#include "domain/schema_rules.hpp"

#include "domain/json_fields.hpp"
#include "domain/payload_schema.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace talaria::domain {

namespace {

namespace json = boost::json;

/// Deeper ones are hard to read, and are read recursively.
constexpr int depth_max = 64;

constexpr std::array<std::string_view, 2> accepted_dialects{
    "http://json-schema.org/draft-07/schema", "https://json-schema.org/draft-07/schema"};

/// What would be ignored or cost without bound, and why.
struct refused_keyword {
  std::string_view name;
  std::string_view reason;
};
constexpr std::string_view is_expression =
    "regular expressions are not evaluated: their cost has no bound";
constexpr std::string_view is_newer = "the keyword came after draft 7";
constexpr std::array refused_keywords{
    refused_keyword{"pattern", is_expression},
    refused_keyword{"patternProperties", is_expression},
    refused_keyword{"uniqueItems", "its cost grows with the square of the items"},
    refused_keyword{"prefixItems", is_newer},
    refused_keyword{"dependentRequired", is_newer},
    refused_keyword{"dependentSchemas", is_newer},
    refused_keyword{"unevaluatedItems", is_newer},
    refused_keyword{"unevaluatedProperties", is_newer},
    refused_keyword{"minContains", is_newer},
    refused_keyword{"maxContains", is_newer},
    refused_keyword{"$anchor", is_newer},
    refused_keyword{"$dynamicRef", is_newer},
    refused_keyword{"$recursiveRef", is_newer},
};

constexpr std::array<std::string_view, 7> keywords_of_one{
    "additionalItems", "additionalProperties", "contains", "else", "if", "not", "then"};
constexpr std::array<std::string_view, 3> keywords_of_several{"allOf", "anyOf", "oneOf"};

bool is_above_zero(const json::value& value) {
  boost::system::error_code is_none;
  const auto number = value.to_number<double>(is_none);
  return !is_none && number > 0;
}

/// Walks over a schema once, following each reference to what it names.
class rule_counter {
public:
  explicit rule_counter(json::value& root) : root_{root} {}

  result<std::uint64_t> count() {
    if (root_.is_object()) {
      if (auto read = take_dialect(root_.get_object()); !read)
        return tl::unexpected(read.error());
    }
    return count(root_, "schema", 0);
  }

private:
  using counted = result<std::uint64_t>;

  static result<void> take_dialect(json::object& root) {
    root.erase("$id");
    const auto* dialect = root.if_contains("$schema");
    if (dialect == nullptr)
      return {};
    const auto text = read_string(*dialect, "schema/$schema", limits::url_bytes_max);
    if (!text)
      return tl::unexpected(text.error());
    const auto named = std::string_view{*text}.substr(0, text->find('#'));
    if (std::ranges::find(accepted_dialects, named) == accepted_dialects.end())
      return fail(ec::not_supported, "A schema is of JSON Schema draft 7.", "/schema/$schema");
    return {};
  }

  counted count(json::value& schema, const std::string& field, int depth) {
    if (schema.is_bool())
      return 1;
    if (!schema.is_object())
      return fail(ec::wrong_type, "A schema is an object or a boolean.", pointer(field));
    if (depth > depth_max)
      return fail(ec::too_large, fmt::format("A schema is at most {} deep.", depth_max),
                  pointer(field));
    const auto [known, is_new] = counts_.try_emplace(&schema);
    if (!is_new && !known->second)
      return fail(ec::not_supported, "A schema must not refer to itself.", pointer(field));
    if (!is_new)
      return *known->second;
    auto found = count_members(schema.get_object(), field, depth);
    if (found && *found > payload_schema::rules_max)
      return fail(ec::too_large,
                  fmt::format("A schema comes to at most {} rules, with its references replaced "
                              "by what they name.",
                              payload_schema::rules_max),
                  pointer(field));
    if (found)
      counts_[&schema] = *found;
    return found;
  }

  counted count_members(json::object& schema, const std::string& field, int depth) {
    if (schema.contains("$ref"))
      return follow(schema.at("$ref"), field + "/$ref", depth);
    if (auto refused = refuse_keywords(schema, field); !refused)
      return tl::unexpected(refused.error());
    // Some validators evaluate it, and by regular expressions.
    schema.erase("format");
    std::uint64_t rules = 1;
    for (auto& member : schema) {
      const auto counted = count_member(member, field + "/" + escaped(member.key()), depth + 1);
      if (!counted)
        return counted;
      rules += *counted;
    }
    return rules;
  }

  static result<void> refuse_keywords(const json::object& schema, const std::string& field) {
    for (const auto& [name, reason] : refused_keywords) {
      const auto* value = schema.if_contains(name);
      if (value != nullptr && *value != json::value(false))
        return fail(ec::not_supported, fmt::format("{} is not supported: {}.", name, reason),
                    pointer(field + "/" + std::string{name}));
    }
    if (schema.contains("$id"))
      return fail(ec::not_supported, "Only the outermost schema may have an $id.",
                  pointer(field + "/$id"));
    return {};
  }

  counted count_member(json::key_value_pair& member, const std::string& field, int depth) {
    const std::string_view name = member.key();
    auto& value = member.value();
    if (name == "multipleOf" && !is_above_zero(value))
      // Validators divide by it.
      return fail(ec::invalid_value, "multipleOf is a number above 0.", pointer(field));
    if (name == "enum")
      return value.is_array() ? value.get_array().size() : 1;
    if (name == "propertyNames" ||
        std::ranges::find(keywords_of_one, name) != keywords_of_one.end())
      return count(value, field, depth);
    if (std::ranges::find(keywords_of_several, name) != keywords_of_several.end())
      return count_elements(value, field, depth);
    if (name == "items")
      return value.is_array() ? count_elements(value, field, depth) : count(value, field, depth);
    if (name == "properties" || name == "dependencies")
      return count_values(value, field, depth);
    if (name == "definitions" || name == "$defs")
      return read_definitions(value, field, depth);
    return 0;
  }

  counted count_elements(json::value& list, const std::string& field, int depth) {
    if (!list.is_array())
      return fail(ec::wrong_type, "The keyword takes a list of schemas.", pointer(field));
    std::uint64_t rules = 0;
    std::size_t index = 0;
    for (auto& element : list.get_array()) {
      const auto counted = count(element, fmt::format("{}/{}", field, index++), depth);
      if (!counted)
        return counted;
      rules += *counted;
    }
    return rules;
  }

  /// Of `properties`; `dependencies` may have lists of names instead of schemas.
  counted count_values(json::value& object, const std::string& field, int depth) {
    if (!object.is_object())
      return fail(ec::wrong_type, "The keyword takes an object of schemas.", pointer(field));
    std::uint64_t rules = 0;
    for (auto& member : object.get_object()) {
      const auto counted = member.value().is_array()
                               ? counted_names(member.value())
                               : count(member.value(), field + "/" + escaped(member.key()), depth);
      if (!counted)
        return counted;
      rules += *counted;
    }
    return rules;
  }

  static counted counted_names(const json::value& names) { return names.get_array().size(); }

  /// They count where they are referred to.
  counted read_definitions(json::value& definitions, const std::string& field, int depth) {
    const auto counted = count_values(definitions, field, depth);
    if (!counted)
      return counted;
    return 0;
  }

  counted follow(const json::value& reference, const std::string& field, int depth) {
    const auto text = read_string(reference, field, limits::url_bytes_max);
    if (!text)
      return tl::unexpected(text.error());
    if (*text != "#" && !text->starts_with("#/"))
      return fail(ec::not_supported, "A reference names a part of the same schema: #/...",
                  pointer(field));
    boost::system::error_code missing;
    auto* named = root_.find_pointer(text->substr(1), missing);
    if (named == nullptr || text->find('%') != std::string::npos)
      return fail(ec::invalid_value, "The schema has no such part.", pointer(field));
    return count(*named, field, depth + 1);
  }

  json::value& root_;
  /// By place; empty: it is being counted.
  std::unordered_map<const json::value*, std::optional<std::uint64_t>> counts_;
};

}  // namespace

result<std::uint64_t> count_schema_rules(boost::json::value& schema) {
  return rule_counter{schema}.count();
}

}  // namespace talaria::domain
