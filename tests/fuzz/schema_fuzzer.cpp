// A schema that is accepted can be used on any payload, and its negation says the opposite.
//
// The input's first line is the schema, the rest is the payload.

#include "domain/payload_schema.hpp"
#include "tests/fuzz/parse_json.hpp"
#include "tests/fuzz/require.hpp"

#include <boost/json/object.hpp>

#include <algorithm>
#include <optional>

namespace talaria::fuzz {
namespace {

namespace json = boost::json;
using domain::payload_schema;

/// Nothing is known where it would take too long.
std::optional<bool> matches(const payload_schema& schema, const json::value& payload) {
  const auto checked = schema.check(payload);
  if (checked) {
    return true;
  }
  require(checked.error().code == domain::ec::schema_mismatch, "a payload mismatches, or matches");
  require(checked.error().field.starts_with("/payload"), "a mismatch names its place");
  const bool too_much = checked.error().detail.find("more than are checked") != std::string::npos;
  return too_much ? std::nullopt : std::optional(false);
}

void check_negated(const json::value& schema, const json::value& payload, bool expected) {
  const auto negated = payload_schema::parse(json::object{{"not", schema}});
  if (negated) {
    const auto said = matches(*negated, payload);
    require(!said || *said != expected, "a negated schema says the opposite");
  }
}

}  // namespace
}  // namespace talaria::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace talaria;
  using namespace talaria::fuzz;
  const std::string_view input = as_text(data, size);
  const std::size_t line_end = std::min(input.find('\n'), input.size());
  const auto schema = parse_json(input.substr(0, line_end));
  if (!schema) {
    return 0;
  }
  const auto read = payload_schema::parse(*schema);
  if (!read) {
    require(read.error().field.starts_with("/schema"), "a fault names its field");
    return 0;
  }
  require(read->rules() <= payload_schema::rules_max, "a schema keeps to its bound");
  const auto payload = parse_json(input.substr(std::min(line_end + 1, input.size())));
  if (!payload) {
    return 0;
  }
  const auto said = matches(*read, *payload);
  // A reference means something else in a schema around it.
  if (said && input.find("$ref") == std::string_view::npos) {
    check_negated(*schema, *payload, *said);
  }
  return 0;
}
