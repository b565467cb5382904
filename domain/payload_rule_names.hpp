#pragma once

#include "domain/enum_text.hpp"

/// The members of a rule, in the order of the enumerations in `payload_rule.hpp`.
namespace talaria::domain {

inline constexpr enum_texts<8> rule_operator_texts{"eq", "ne",  "lt", "lte",
                                                   "gt", "gte", "in", "exists"};
inline constexpr enum_texts<3> rule_combination_texts{"and", "or", "not"};

}  // namespace talaria::domain
