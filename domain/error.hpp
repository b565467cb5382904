#pragma once

#include <tl/expected.hpp>

#include <string>
#include <string_view>

namespace talaria::domain {

/// What can go wrong that a caller is expected to handle. The text of each code is stable: it is
/// what clients see as `code`.
enum class ec {
  // The request is at fault.
  invalid_json,          ///< the body is not JSON, or JSON that cannot be taken exactly
  invalid_value,         ///< a field's value is outside what is allowed
  missing_field,         ///< a required field is absent
  unknown_field,         ///< a field that the contract does not have
  wrong_type,            ///< a field's JSON type is wrong
  too_large,             ///< a size is over its limit
  blocked_address,       ///< a URL names an address that deliveries may not go to
  not_supported,         ///< valid in the contract, not available in this version
  invalid_cursor,        ///< a list's cursor was not made by us
  not_found,             ///< no such resource, or not the caller's
  conflict,              ///< the resource's state does not allow the request
  schema_mismatch,       ///< the payload does not match the schema of its event type
  idempotency_conflict,  ///< the idempotency key was used with another body
  unauthorized,          ///< no key, or one we do not know
  forbidden,             ///< the key lacks the scope
  // The state of the system.
  overloaded,         ///< the admission queue is full
  rate_limited,       ///< the organization made more requests than it may in a time
  quota_exceeded,     ///< the organization has as many of something as it may have
  draining,           ///< the node is shutting down
  store_unavailable,  ///< the store did not commit, or did not say whether it did
  store_full,         ///< the store has no space
  // Between the parts of Talaria; never seen by a client.
  catalog_changed,     ///< the fan-out was computed from an older set of subscriptions
  fenced,              ///< the shard belongs to another owner by now
  attempts_exhausted,  ///< the retry schedule has no further attempt
  schema_newer,        ///< the database was migrated by a newer version
};

std::string_view to_string(ec code);

struct error {
  ec code;
  /// For people; names no secret and no payload.
  std::string detail;
  /// A JSON pointer to the field at fault, or empty.
  std::string field;
};

template <class T>
using result = tl::expected<T, error>;

inline tl::unexpected<error> fail(ec code, std::string detail, std::string field = {}) {
  return tl::unexpected(error{code, std::move(detail), std::move(field)});
}

}  // namespace talaria::domain
