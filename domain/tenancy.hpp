#pragma once

#include "domain/id.hpp"
#include "domain/time.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace talaria::domain {

/// What one organization may use. Absent: as the configuration has it for all; 0: no limit.
struct organization_limits {
  /// Requests of all kinds but submissions.
  std::optional<std::uint32_t> requests_per_minute{};
  std::optional<std::uint32_t> events_per_second{};
  std::optional<std::uint32_t> subscriptions_max{};
  std::optional<std::uint32_t> pending_deliveries_max{};

  bool operator==(const organization_limits&) const = default;
};

/// The limits of an organization, and those of all where it has none of its own.
organization_limits overlaid(const organization_limits& own, const organization_limits& general);

struct organization {
  organization_id id;
  std::string name;
  timestamp created_at;
  timestamp updated_at{};
  organization_limits limits{};
  /// Runs the installation: its administrators look after the other organizations, the queues and
  /// the actors. There is one, the first.
  bool is_operator = false;
};

struct application {
  application_id id;
  organization_id organization;
  std::string name;
  /// A JSON object of the client's own, as text.
  std::string metadata = "{}";
  timestamp created_at;
  timestamp updated_at;
  /// How long its events are kept. Absent: as long as the store keeps others.
  std::optional<std::uint32_t> retention_days{};
  /// Holds the organization's operational events, which only Talaria itself submits. Each
  /// organization has one.
  bool is_system = false;
  /// Only events of registered types are taken.
  bool strict_event_types = false;
};

/// A type of event that an application registered.
struct event_type {
  event_type_id id;
  organization_id organization;
  application_id application;
  std::string name;
  std::string description;
  /// A JSON Schema that payloads must match, as text; empty: any payload does.
  std::string schema;
  timestamp created_at;
  timestamp updated_at;
};

/// What a key may be used for. `admin` includes all others, `manage` includes `read`.
enum class scope : std::uint8_t { ingest = 1, read = 2, manage = 4, admin = 8 };

std::span<const scope> all_scopes();
std::string_view to_string(scope value);
std::optional<scope> parse_scope(std::string_view text);

constexpr std::uint8_t bit_of(scope value) {
  return static_cast<std::uint8_t>(value);
}

struct api_key {
  api_key_id id;
  organization_id organization;
  /// Absent: good for every application of the organization.
  std::optional<application_id> application;
  std::string name;
  /// What the row is found by before any hashing; not secret.
  std::string lookup;
  /// Argon2id, in the encoded form of libsodium.
  std::string hash;
  /// Bits of `scope`.
  std::uint8_t scopes = 0;
  timestamp created_at;
  std::optional<timestamp> expires_at;
  /// Up to a minute behind.
  std::optional<timestamp> last_used_at{};

  bool allows(scope wanted) const;
};

/// Whether every use that `wanted` allows is one that `held` allows: nobody hands on more than
/// they have.
bool includes(std::uint8_t held, std::uint8_t wanted);

}  // namespace talaria::domain
