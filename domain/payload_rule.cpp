#include "domain/payload_rule.hpp"

#include "domain/payload_rule_names.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <compare>

namespace talaria::domain {

namespace {

namespace json = boost::json;

std::string quoted(const std::string& text) {
  return json::serialize(json::string_view{text});
}

struct operand_writer {
  std::string operator()(std::nullptr_t) const { return "null"; }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(const rule_number& number) const { return number.text; }
  std::string operator()(const std::string& text) const { return quoted(text); }
};

/// The texts of several, separated by commas.
template <class Range, class Writer>
std::string list_text(const Range& range, Writer write) {
  std::string text;
  for (const auto& one : range) {
    if (!text.empty())
      text += ',';
    text += write(one);
  }
  return text;
}

std::string to_text(const rule_comparison& comparison) {
  auto operands = list_text(comparison.operands, [](const rule_operand& operand) {
    return std::visit(operand_writer{}, operand);
  });
  if (comparison.compared_by == rule_operator::in)
    operands = fmt::format("[{}]", operands);
  return fmt::format(R"({{"path":{},"{}":{}}})", quoted(comparison.path),
                     text_of(rule_operator_texts, comparison.compared_by), operands);
}

std::string to_text(const rule_combination& combination) {
  auto rules =
      list_text(combination.rules, [](const payload_rule& rule) { return domain::to_text(rule); });
  if (combination.combined_by != rule_combination::kind::none_of)
    rules = fmt::format("[{}]", rules);
  return fmt::format(R"({{"{}":{}}})", text_of(rule_combination_texts, combination.combined_by),
                     rules);
}

/// Compares a value of a payload with an operand. Values of different types are unordered, as is
/// what has no order, unless it is equal.
class value_order {
public:
  value_order(const json::value& found, const parsed_payload& payload)
      : found_(found), payload_(payload) {}

  std::partial_ordering operator()(std::nullptr_t) const { return equal_if(found_.is_null()); }
  std::partial_ordering operator()(bool operand) const {
    return equal_if(found_.is_bool() && found_.get_bool() == operand);
  }
  std::partial_ordering operator()(const rule_number& operand) const {
    if (!found_.is_int64())
      return std::partial_ordering::unordered;
    return payload_.number_at(found_) <=> operand.value;
  }
  std::partial_ordering operator()(const std::string& operand) const {
    const auto* text = found_.if_string();
    if (text == nullptr)
      return std::partial_ordering::unordered;
    return std::string_view{text->data(), text->size()} <=> std::string_view{operand};
  }

private:
  static std::partial_ordering equal_if(bool equal) {
    return equal ? std::partial_ordering::equivalent : std::partial_ordering::unordered;
  }

  const json::value& found_;
  const parsed_payload& payload_;
};

bool holds(rule_operator compared_by, std::partial_ordering order) {
  switch (compared_by) {
    case rule_operator::eq:
    case rule_operator::in:
      return order == 0;
    case rule_operator::ne:
      return order != 0;
    case rule_operator::lt:
      return order < 0;
    case rule_operator::lte:
      return order <= 0;
    case rule_operator::gt:
      return order > 0;
    case rule_operator::gte:
      return order >= 0;
    case rule_operator::exists:
      break;
  }
  return false;
}

bool matches(const rule_comparison& comparison, const parsed_payload& payload) {
  const auto* found = payload.find(comparison.tokens);
  const auto compared_by = comparison.compared_by;
  if (compared_by == rule_operator::exists)
    return (found != nullptr) == std::get<bool>(comparison.operands.front());
  // What is not there equals nothing, and is neither less nor greater.
  if (found == nullptr)
    return holds(compared_by, std::partial_ordering::unordered);
  return std::ranges::any_of(comparison.operands, [&](const rule_operand& operand) {
    return holds(compared_by, std::visit(value_order{*found, payload}, operand));
  });
}

bool matches(const rule_combination& combination, const parsed_payload& payload) {
  const auto matching = [&](const payload_rule& rule) { return domain::matches(rule, payload); };
  switch (combination.combined_by) {
    case rule_combination::kind::all_of:
      return std::ranges::all_of(combination.rules, matching);
    case rule_combination::kind::any_of:
      return std::ranges::any_of(combination.rules, matching);
    case rule_combination::kind::none_of:
      break;
  }
  return std::ranges::none_of(combination.rules, matching);
}

}  // namespace

std::string to_text(const payload_rule& rule) {
  return std::visit([](const auto& form) { return to_text(form); }, rule.form);
}

bool matches(const payload_rule& rule, const parsed_payload& payload) {
  return std::visit([&](const auto& form) { return matches(form, payload); }, rule.form);
}

}  // namespace talaria::domain
