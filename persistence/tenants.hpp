#pragma once

#include "domain/id.hpp"
#include "domain/tenancy.hpp"
#include "persistence/session.hpp"
#include "persistence/tenant.hpp"
#include "persistence/write_note.hpp"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace talaria::persistence {

struct key_changes {
  /// That `keys` brings the reader up to.
  std::int64_t revision = 0;
  /// Those that were changed or revoked, or whose organization was changed.
  std::vector<domain::api_key_id> keys;
};

struct key_use {
  domain::api_key_id key;
  timestamp at;
};

/// Organizations and their API keys. What is another tenant's is `ec::not_found`, and a tenant that
/// is bound to an application has the keys of that one only.
///
/// Every change of a key raises the catalogue's revision by one, in the same transaction.
class tenants : public annotated {
public:
  /// With its first application, and its system application.
  /// @returns `ec::conflict` if there is one of that name.
  virtual result<void> insert_organization(const domain::organization& organization,
                                           const domain::application& first,
                                           const domain::application_id& system) = 0;
  virtual result<domain::organization> find_organization(const domain::organization_id& id) = 0;
  virtual result<page_of<domain::organization>> list_organizations(const page_request& page) = 0;
  /// Writes name, limits and `updated_at`; its keys count as changed.
  virtual result<void> update_organization(const domain::organization& organization) = 0;
  /// Deletes its applications, as `catalog::delete_application` does, and revokes its keys.
  /// @returns `ec::conflict` for the operator's.
  virtual result<void> delete_organization(const domain::organization_id& id, timestamp now) = 0;

  /// Those that are not revoked.
  virtual result<std::vector<domain::api_key>> find_api_keys(std::string_view lookup) = 0;
  /// @returns `ec::not_found` if its organization or its application does not exist.
  virtual result<void> insert_api_key(const domain::api_key& key) = 0;
  virtual result<domain::api_key> find_api_key(const tenant& tenant,
                                               const domain::api_key_id& id) = 0;
  virtual result<page_of<domain::api_key>> list_api_keys(const tenant& tenant,
                                                         const page_request& page) = 0;
  /// Writes name, lookup, hash and expiry.
  virtual result<void> update_api_key(const tenant& tenant, const domain::api_key& key) = 0;
  virtual result<void> revoke_api_key(const tenant& tenant, const domain::api_key_id& id,
                                      timestamp now) = 0;

  /// Of all tenants.
  virtual result<key_changes> changes_since(std::int64_t revision) = 0;
  /// Keys that were used later according to another report keep that time. No change of a key.
  virtual result<void> record_key_uses(std::span<const key_use> uses) = 0;
};

}  // namespace talaria::persistence
