#include "domain/subscription.hpp"

#include "domain/enum_text.hpp"

namespace talaria::domain {

namespace {

constexpr enum_texts<3> reason_texts{"none", "gone", "failing"};

}  // namespace

std::string_view to_string(disabled_reason reason) {
  return text_of(reason_texts, reason);
}

std::optional<disabled_reason> parse_disabled_reason(std::string_view text) {
  return value_of<disabled_reason>(reason_texts, text);
}

}  // namespace talaria::domain
