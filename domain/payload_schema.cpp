#include "domain/payload_schema.hpp"

#include "domain/json_fields.hpp"
#include "domain/schema_rules.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>
#include <valijson/adapters/boost_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include <algorithm>
#include <exception>
#include <string>

namespace talaria::domain {

namespace {

namespace json = boost::json;
using adapter = valijson::adapters::BoostJsonAdapter;

/// Of more values only the first mismatch is looked for, and not described: all would be kept in
/// memory.
constexpr std::uint64_t described_values_max = 1'000;

std::uint64_t count_values(const json::value& value) {
  std::uint64_t count = 1;
  if (const auto* array = value.if_array())
    for (const auto& element : *array)
      count += count_values(element);
  if (const auto* object = value.if_object())
    for (const auto& member : *object)
      count += count_values(member.value());
  return count;
}

/// The validator writes a path as `<root>`, `[name]`, `[0]`.
std::string payload_pointer(const std::vector<std::string>& path) {
  std::string found = "payload";
  for (const std::string_view part : path) {
    if (part.starts_with('[') && part.ends_with(']'))
      found += "/" + escaped(part.substr(1, part.size() - 2));
  }
  return pointer(found);
}

/// What went wrong farthest inside: what is around it is wrong because of it.
error describe(valijson::ValidationResults& results) {
  const auto depth = [](const auto& found) { return found.context.size(); };
  const auto deepest = std::ranges::max_element(results, {}, depth);
  if (deepest == results.end())
    return {ec::schema_mismatch, "The payload does not match the schema.", "/payload"};
  return {ec::schema_mismatch,
          fmt::format("The payload does not match the schema: {}", deepest->description),
          payload_pointer(deepest->context)};
}

}  // namespace

result<payload_schema> payload_schema::parse(const json::value& schema) {
  auto read = schema;
  const auto rules = count_schema_rules(read);
  if (!rules)
    return tl::unexpected(rules.error());
  try {
    auto compiled = std::make_shared<valijson::Schema>();
    valijson::SchemaParser{valijson::SchemaParser::kDraft7}.populateSchema(adapter{read},
                                                                           *compiled);
    return payload_schema{std::move(compiled), *rules};
  } catch (const std::exception& refused) {
    return fail(ec::invalid_value, fmt::format("The schema is not valid: {}", refused.what()),
                "/schema");
  }
}

result<void> payload_schema::check(const json::value& payload) const {
  const auto values = count_values(payload);
  if (values * rules_ > checks_max)
    return fail(ec::schema_mismatch,
                fmt::format("{} values against the {} rules of the schema are more than are "
                            "checked.",
                            values, rules_),
                "/payload");
  valijson::Validator validator;
  const adapter target{payload};
  if (validator.validate(*compiled_, target, nullptr))
    return {};
  valijson::ValidationResults results;
  if (values <= described_values_max)
    validator.validate(*compiled_, target, &results);
  return tl::unexpected(describe(results));
}

}  // namespace talaria::domain
