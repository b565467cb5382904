#pragma once

#include "domain/id.hpp"
#include "domain/time.hpp"

#include <optional>
#include <string>

namespace talaria::domain {

/// One change that somebody made through the API.
struct audit_entry {
  uuid id;
  organization_id organization;
  /// Absent: made with a key that is bound to none.
  std::optional<application_id> application;
  api_key_id key;
  std::string key_name;
  /// Of the request, with the route's parameters by name: `PATCH`, `/api/v1/subscriptions/{id}`.
  std::string method;
  std::string route;
  /// What was created, or is named by the path; a queue is named by its priority.
  std::string resource;
  std::string request_id;
  /// Numeric.
  std::string client_address;
  timestamp at;
};

}  // namespace talaria::domain
