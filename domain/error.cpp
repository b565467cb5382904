#include "domain/error.hpp"

namespace talaria::domain {

std::string_view to_string(ec code) {
  switch (code) {
    case ec::invalid_json:
      return "invalid_json";
    case ec::invalid_value:
      return "invalid_value";
    case ec::missing_field:
      return "missing_field";
    case ec::unknown_field:
      return "unknown_field";
    case ec::wrong_type:
      return "wrong_type";
    case ec::too_large:
      return "too_large";
    case ec::blocked_address:
      return "blocked_address";
    case ec::not_supported:
      return "not_supported";
    case ec::invalid_cursor:
      return "invalid_cursor";
    case ec::not_found:
      return "not_found";
    case ec::conflict:
      return "conflict";
    case ec::schema_mismatch:
      return "schema_mismatch";
    case ec::idempotency_conflict:
      return "idempotency_conflict";
    case ec::unauthorized:
      return "unauthorized";
    case ec::forbidden:
      return "forbidden";
    case ec::overloaded:
      return "overloaded";
    case ec::rate_limited:
      return "rate_limited";
    case ec::quota_exceeded:
      return "quota_exceeded";
    case ec::draining:
      return "draining";
    case ec::store_unavailable:
      return "store_unavailable";
    case ec::store_full:
      return "store_full";
    case ec::catalog_changed:
      return "catalog_changed";
    case ec::fenced:
      return "fenced";
    case ec::attempts_exhausted:
      return "attempts_exhausted";
    case ec::schema_newer:
      return "schema_newer";
  }
  return "unknown";
}

}  // namespace talaria::domain
