#pragma once

#include "persistence/sql/access.hpp"
#include "persistence/tenants.hpp"

#include <memory>
#include <utility>

namespace talaria::persistence::sql {

class tenants : public persistence::tenants {
public:
  explicit tenants(std::unique_ptr<access> access) : access_{std::move(access)} {}

  void annotate(write_note note) override { access_->annotate(std::move(note)); }

  result<void> insert_organization(const domain::organization& organization,
                                   const domain::application& first,
                                   const domain::application_id& system) override;
  result<domain::organization> find_organization(const domain::organization_id& id) override;
  result<page_of<domain::organization>> list_organizations(const page_request& page) override;
  result<void> update_organization(const domain::organization& organization) override;
  result<void> delete_organization(const domain::organization_id& id, timestamp now) override;

  result<std::vector<domain::api_key>> find_api_keys(std::string_view lookup) override;
  result<void> insert_api_key(const domain::api_key& key) override;
  result<domain::api_key> find_api_key(const tenant& tenant, const domain::api_key_id& id) override;
  result<page_of<domain::api_key>> list_api_keys(const tenant& tenant,
                                                 const page_request& page) override;
  result<void> update_api_key(const tenant& tenant, const domain::api_key& key) override;
  result<void> revoke_api_key(const tenant& tenant, const domain::api_key_id& id,
                              timestamp now) override;

  result<key_changes> changes_since(std::int64_t revision) override;
  result<void> record_key_uses(std::span<const key_use> uses) override;

private:
  std::unique_ptr<access> access_;
};

}  // namespace talaria::persistence::sql
