#include "domain/attempt.hpp"

#include "domain/enum_text.hpp"

namespace talaria::domain {

namespace {
constexpr enum_texts<12> error_texts{"none",
                                     "timeout",
                                     "dns",
                                     "connect",
                                     "tls",
                                     "reset",
                                     "blocked_address",
                                     "invalid_response",
                                     "response_too_large",
                                     "aborted",
                                     "internal",
                                     "isolated"};
}

std::string_view to_string(attempt_error error) {
  return text_of(error_texts, error);
}

std::optional<attempt_error> parse_attempt_error(std::string_view text) {
  return value_of<attempt_error>(error_texts, text);
}

}  // namespace talaria::domain
