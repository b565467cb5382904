#pragma once

#include "domain/id.hpp"
#include "domain/time.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace talaria::domain {

struct organization {
  organization_id id;
  std::string name;
  timestamp created_at;
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
};

/// What a key may be used for. `admin` includes all others, `manage` includes `read`.
enum class scope : std::uint8_t { ingest = 1, read = 2, manage = 4, admin = 8 };

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

  bool allows(scope wanted) const;
};

}  // namespace talaria::domain
