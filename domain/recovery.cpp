#include "domain/recovery.hpp"

#include "domain/enum_text.hpp"

namespace talaria::domain {

namespace {
constexpr enum_texts<3> status_texts{"running", "finished", "cancelled"};
}  // namespace

std::string_view to_string(recovery_status status) {
  return text_of(status_texts, status);
}

}  // namespace talaria::domain
