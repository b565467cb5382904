#include "domain/tenancy.hpp"

#include <algorithm>
#include <array>

namespace talaria::domain {

namespace {

constexpr std::array scope_values{scope::ingest, scope::read, scope::manage, scope::admin};

constexpr std::uint8_t scopes_that_include(scope wanted) {
  const std::uint8_t including = bit_of(wanted) | bit_of(scope::admin);
  return wanted == scope::read ? including | bit_of(scope::manage) : including;
}

}  // namespace

std::span<const scope> all_scopes() {
  return scope_values;
}

std::string_view to_string(scope value) {
  switch (value) {
    case scope::ingest:
      return "ingest";
    case scope::read:
      return "read";
    case scope::manage:
      return "manage";
    case scope::admin:
      break;
  }
  return "admin";
}

std::optional<scope> parse_scope(std::string_view text) {
  const auto found =
      std::ranges::find(scope_values, text, [](scope value) { return to_string(value); });
  return found == scope_values.end() ? std::nullopt : std::optional{*found};
}

bool api_key::allows(scope wanted) const {
  return (scopes & scopes_that_include(wanted)) != 0;
}

bool includes(std::uint8_t held, std::uint8_t wanted) {
  return std::ranges::all_of(scope_values, [&](scope value) {
    const bool asked = (wanted & bit_of(value)) != 0;
    return !asked || (held & scopes_that_include(value)) != 0;
  });
}

organization_limits overlaid(const organization_limits& own, const organization_limits& general) {
  const auto either = [](const auto& first, const auto& second) { return first ? first : second; };
  return {
      .requests_per_minute = either(own.requests_per_minute, general.requests_per_minute),
      .events_per_second = either(own.events_per_second, general.events_per_second),
      .subscriptions_max = either(own.subscriptions_max, general.subscriptions_max),
      .pending_deliveries_max = either(own.pending_deliveries_max, general.pending_deliveries_max)};
}

}  // namespace talaria::domain
