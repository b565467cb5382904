#pragma once

#include "domain/decimal.hpp"
#include "domain/error.hpp"
#include "domain/parsed_payload.hpp"

#include <boost/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// What a `payload_filter` is made of.
namespace talaria::domain {

/// A number that a value is compared with, and the one JSON text that is made of it.
struct rule_number {
  decimal value;
  std::string text;
};

/// What a value is compared with.
using rule_operand = std::variant<std::nullptr_t, bool, rule_number, std::string>;

enum class rule_operator : std::uint8_t { eq, ne, lt, lte, gt, gte, in, exists };

struct rule_comparison {
  /// As the client wrote it.
  std::string path;
  pointer_tokens tokens;
  rule_operator compared_by{};
  /// More than one for `in` alone; a boolean for `exists`.
  std::vector<rule_operand> operands;
};

struct payload_rule;

struct rule_combination {
  enum class kind : std::uint8_t { all_of, any_of, none_of };
  kind combined_by{};
  /// One for `none_of`.
  std::vector<payload_rule> rules;
};

struct payload_rule {
  std::variant<rule_comparison, rule_combination> form;
};

/// Reads a rule that is no deeper and has no more comparisons than `limits` allows.
///
/// @param field Where the rule is, as in `json_fields.hpp`.
/// @returns the first fault, with its field inside the rule.
result<payload_rule> read_payload_rule(const boost::json::value& value, std::string_view field);

/// The one JSON text of a rule: two rules that differ in no more than white space, the order of
/// members and how numbers are written have the same.
std::string to_text(const payload_rule& rule);

bool matches(const payload_rule& rule, const parsed_payload& payload);

}  // namespace talaria::domain
