#include "domain/tenancy.hpp"

namespace talaria::domain {

namespace {

constexpr std::uint8_t bit(scope value) {
  return static_cast<std::uint8_t>(value);
}

constexpr std::uint8_t scopes_that_include(scope wanted) {
  const std::uint8_t including = bit(wanted) | bit(scope::admin);
  return wanted == scope::read ? including | bit(scope::manage) : including;
}

}  // namespace

bool api_key::allows(scope wanted) const {
  return (scopes & scopes_that_include(wanted)) != 0;
}

}  // namespace talaria::domain
