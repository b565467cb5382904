// The JSON reader takes exactly what Boost.JSON takes as a whole, and takes it apart into the same
// members and elements.

#include "domain/limits.hpp"
#include "http/json_reader.hpp"
#include "tests/fuzz/require.hpp"

#include <boost/json/parse.hpp>

#include <cmath>
#include <optional>
#include <string>

namespace talaria::fuzz {
namespace {

namespace json = boost::json;

constexpr std::size_t depth_max = domain::limits::json_depth_max;

std::optional<json::value> parse_whole(std::string_view text) {
  json::parse_options options;
  options.max_depth = depth_max;
  json::error_code failure;
  auto value = json::parse(json::string_view(text.data(), text.size()), failure, {}, options);
  return failure ? std::nullopt : std::optional(std::move(value));
}

/// Boost.JSON 1.81 reads the last digits of a double by what stands around it.
bool is_same_scalar(const json::value& left, const json::value& right) {
  if (!left.is_double() || !right.is_double() || !std::isfinite(left.get_double())) {
    return left.kind() == right.kind() && (left.is_double() || left == right);
  }
  const double difference = std::abs(left.get_double() - right.get_double());
  return difference <= 1e-15 * std::abs(left.get_double());
}

bool is_inside(std::string_view part, std::string_view whole) {
  return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

/// @param text Passed `check_json`, and is `expected`.
void compare(std::string_view text, const json::value& expected) {
  if (const auto* object = expected.if_object()) {
    require(http::is_json_object(text), "an object is one");
    const auto members = http::members_of(text);
    // Where a name comes twice, Boost.JSON keeps one.
    require(!members || members->size() == object->size(), "as many members");
    for (std::size_t index = 0; members && index < members->size(); ++index) {
      const auto& [name, value] = (*members)[index];
      require(is_inside(value, text), "a member's value is a slice");
      require(object->contains(name), "a member's name is decoded");
      compare(value, object->at(name));
    }
  } else if (const auto* array = expected.if_array()) {
    require(http::is_json_array(text), "an array is one");
    const auto elements = http::elements_of(text);
    require(elements.size() == array->size(), "as many elements");
    for (std::size_t index = 0; index < elements.size(); ++index) {
      require(is_inside(elements[index], text), "an element is a slice");
      compare(elements[index], (*array)[index]);
    }
  } else if (const auto* string = expected.if_string()) {
    require(http::is_json_string(text), "a string is one");
    require(http::decode_json_string(text) == std::string_view(*string), "a string's text");
  } else {
    const auto alone = parse_whole(text);
    require(alone && is_same_scalar(*alone, expected), "a scalar stands alone");
  }
}

}  // namespace
}  // namespace talaria::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace talaria;
  using namespace talaria::fuzz;
  const std::string_view text = as_text(data, size);
  const auto fault = http::check_json(text, depth_max);
  const bool checked = fault.has_value();
  const auto expected = parse_whole(text);
  require(!checked || expected, "whatever is taken is JSON");
  require(checked || !expected || fault.error().detail.find("exponent") != std::string::npos,
          "whatever is JSON is taken, but for numbers that are too large by their exponents");
  if (checked) {
    compare(http::trim_json(text), *expected);
  }
  if (const auto object = http::parse_json_object(text)) {
    require(checked && expected->get_object().size() == object->size(), "an object as a whole");
  }
  return 0;
}
