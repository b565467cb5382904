#include "domain/json_fields.hpp"
#include "domain/limits.hpp"
#include "domain/payload_rule.hpp"
#include "domain/payload_rule_names.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

namespace talaria::domain {

namespace {

namespace json = boost::json;

std::string member_of(std::string_view field, std::string_view name) {
  return fmt::format("{}/{}", field, escaped(name));
}

result<pointer_tokens> read_tokens(std::string_view path, std::string_view field) {
  const auto refuse = [&](std::string_view fault) {
    return fail(ec::invalid_value, fmt::format("{} is no JSON pointer: {}", field, fault),
                pointer(field));
  };
  if (!path.empty() && path.front() != '/')
    return refuse("it is empty or begins with /");
  pointer_tokens tokens;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '/') {
      tokens.emplace_back();
      continue;
    }
    char letter = path[i];
    if (letter == '~') {
      ++i;
      if (i == path.size() || (path[i] != '0' && path[i] != '1'))
        return refuse("~ is followed by 0 or 1");
      letter = path[i] == '0' ? '~' : '/';
    }
    tokens.back() += letter;
  }
  return tokens;
}

/// A double has 15 digits, since Boost.JSON reads numbers with an error in the last of 17: more
/// would make a rule that changes whenever it is stored and read back.
std::string double_text(double number) {
  if (number == 0)
    return "0";
  auto text = fmt::format("{:.15g}", number);
  const auto mark = text.find("e+");
  constexpr std::size_t exponent_expanded_max = 19;
  if (mark == std::string::npos || std::stoul(text.substr(mark + 2)) > exponent_expanded_max)
    return text;
  // What an integer of 64 bits can hold is written as one: 1e18 is the same number.
  auto zeros = std::stoul(text.substr(mark + 2));
  text.resize(mark);
  if (const auto point = text.find('.'); point != std::string::npos) {
    zeros -= text.size() - point - 1;
    text.erase(point, 1);
  }
  return text.append(zeros, '0');
}

bool is_in_range(std::string_view number) {
  if (number.starts_with('-'))
    number.remove_prefix(1);
  const decimal size{number};
  return size == decimal{} ||
         (size >= decimal{limits::filter_number_min} && size <= decimal{limits::filter_number_max});
}

result<rule_operand> read_number(const json::value& value, std::string_view field) {
  const auto* number = value.if_double();
  const bool is_finite = number == nullptr || std::isfinite(*number);
  auto text = number == nullptr ? json::serialize(value) : double_text(*number);
  // What is checked is what is stored: a number that was taken once is always taken again.
  if (!is_finite || !is_in_range(text))
    return fail(ec::invalid_value,
                fmt::format("{} must be 0, or from {} to {} in size", field,
                            limits::filter_number_min, limits::filter_number_max),
                pointer(field));
  const decimal read{text};
  return rule_number{read, std::move(text)};
}

result<rule_operand> read_scalar(const json::value& value, std::string_view field) {
  if (value.is_null())
    return rule_operand{nullptr};
  if (value.is_bool())
    return rule_operand{value.get_bool()};
  if (value.is_number())
    return read_number(value, field);
  if (!value.is_string())
    return fail(ec::wrong_type,
                fmt::format("{} must be a string, a number, a boolean or null", field),
                pointer(field));
  auto text = read_string(value, field, limits::filter_string_bytes_max);
  if (!text)
    return tl::unexpected(text.error());
  return rule_operand{*std::move(text)};
}

result<std::vector<rule_operand>> read_values(const json::value& value, std::string_view field) {
  if (!value.is_array())
    return fail(ec::wrong_type, fmt::format("{} must be an array of values", field),
                pointer(field));
  const auto& array = value.get_array();
  if (array.empty() || array.size() > limits::filter_values_max)
    return fail(ec::invalid_value,
                fmt::format("{} has 1 to {} values", field, limits::filter_values_max),
                pointer(field));
  std::vector<rule_operand> operands;
  for (std::size_t i = 0; i < array.size(); ++i) {
    auto operand = read_scalar(array[i], fmt::format("{}/{}", field, i));
    if (!operand)
      return tl::unexpected(operand.error());
    operands.push_back(*std::move(operand));
  }
  return operands;
}

bool has_order(rule_operator compared_by) {
  return compared_by >= rule_operator::lt && compared_by <= rule_operator::gte;
}

result<std::vector<rule_operand>> read_operands(rule_operator compared_by, const json::value& value,
                                                std::string_view field) {
  if (compared_by == rule_operator::in)
    return read_values(value, field);
  if (compared_by == rule_operator::exists && !value.is_bool())
    return fail(ec::wrong_type, fmt::format("{} must be true or false", field), pointer(field));
  if (has_order(compared_by) && !value.is_number() && !value.is_string())
    return fail(ec::wrong_type, fmt::format("{} must be a number or a string", field),
                pointer(field));
  auto operand = read_scalar(value, field);
  if (!operand)
    return tl::unexpected(operand.error());
  return std::vector{*std::move(operand)};
}

/// Reads one rule after the other, and counts the comparisons of all of them.
class rule_reader {
public:
  result<payload_rule> read(const json::value& value, std::string_view field, std::size_t depth) {
    if (depth > limits::filter_depth_max)
      return fail(ec::invalid_value,
                  fmt::format("rules are at most {} deep", limits::filter_depth_max),
                  pointer(field));
    if (!value.is_object())
      return fail(ec::wrong_type, fmt::format("{} must be an object", field), pointer(field));
    const auto& object = value.get_object();
    for (const auto& [key, inner] : object) {
      const std::string_view name{key.data(), key.size()};
      if (const auto kind = value_of<rule_combination::kind>(rule_combination_texts, name))
        return read_combination(*kind, object, field, depth);
    }
    return read_comparison(object, field);
  }

private:
  result<payload_rule> read_combination(rule_combination::kind kind, const json::object& object,
                                        std::string_view field, std::size_t depth) {
    const auto own_name = text_of(rule_combination_texts, kind);
    for (const auto& [key, inner] : object) {
      const std::string_view name{key.data(), key.size()};
      if (name != own_name)
        return fail(ec::unknown_field, fmt::format("a rule with {} has nothing else", own_name),
                    pointer(member_of(field, name)));
    }
    const auto& inner = object.begin()->value();
    const auto inner_field = member_of(field, own_name);
    if (kind == rule_combination::kind::none_of)
      return read_negation(inner, inner_field, depth);
    return read_list(kind, inner, inner_field, depth);
  }

  result<payload_rule> read_negation(const json::value& value, std::string_view field,
                                     std::size_t depth) {
    auto inner = read(value, field, depth + 1);
    if (!inner)
      return inner;
    rule_combination made{rule_combination::kind::none_of, {}};
    made.rules.push_back(*std::move(inner));
    return payload_rule{std::move(made)};
  }

  result<payload_rule> read_list(rule_combination::kind kind, const json::value& value,
                                 std::string_view field, std::size_t depth) {
    if (!value.is_array())
      return fail(ec::wrong_type, fmt::format("{} must be an array of rules", field),
                  pointer(field));
    const auto& array = value.get_array();
    if (array.empty() || array.size() > limits::filter_rules_max)
      return fail(ec::invalid_value,
                  fmt::format("{} has 1 to {} rules", field, limits::filter_rules_max),
                  pointer(field));
    rule_combination made{kind, {}};
    for (std::size_t i = 0; i < array.size(); ++i) {
      auto rule = read(array[i], fmt::format("{}/{}", field, i), depth + 1);
      if (!rule)
        return rule;
      made.rules.push_back(*std::move(rule));
    }
    return payload_rule{std::move(made)};
  }

  result<payload_rule> read_comparison(const json::object& object, std::string_view field) {
    auto made = read_operator(object, field);
    if (!made)
      return tl::unexpected(made.error());
    const auto* path = object.if_contains("path");
    if (path == nullptr)
      return fail(ec::missing_field, fmt::format("{} needs a path", field),
                  pointer(member_of(field, "path")));
    const auto path_field = member_of(field, "path");
    auto text = read_string(*path, path_field, limits::filter_path_bytes_max);
    if (!text)
      return tl::unexpected(text.error());
    auto tokens = read_tokens(*text, path_field);
    if (!tokens)
      return tl::unexpected(tokens.error());
    if (++comparisons_ > limits::filter_comparisons_max)
      return fail(
          ec::invalid_value,
          fmt::format("a filter has at most {} comparisons", limits::filter_comparisons_max),
          pointer(field));
    made->path = *std::move(text);
    made->tokens = *std::move(tokens);
    return payload_rule{*std::move(made)};
  }

  static result<rule_comparison> read_operator(const json::object& object, std::string_view field) {
    std::optional<rule_comparison> made;
    for (const auto& [key, value] : object) {
      const std::string_view name{key.data(), key.size()};
      if (name == "path")
        continue;
      const auto member = member_of(field, name);
      const auto compared_by = value_of<rule_operator>(rule_operator_texts, name);
      if (!compared_by)
        return fail(ec::unknown_field, fmt::format("a rule has no {}", name), pointer(member));
      if (made)
        return fail(ec::invalid_value, "a comparison has one operator", pointer(member));
      auto operands = read_operands(*compared_by, value, member);
      if (!operands)
        return tl::unexpected(operands.error());
      made = rule_comparison{{}, {}, *compared_by, *std::move(operands)};
    }
    if (!made)
      return fail(ec::missing_field,
                  fmt::format("{} needs and, or, not, or a path with one of {}", field,
                              fmt::join(rule_operator_texts, ", ")),
                  pointer(field));
    return *std::move(made);
  }

  std::size_t comparisons_ = 0;
};

}  // namespace

result<payload_rule> read_payload_rule(const json::value& value, std::string_view field) {
  return rule_reader{}.read(value, field, 1);
}

}  // namespace talaria::domain
