#pragma once

#include "domain/secret_box.hpp"
#include "persistence/catalog.hpp"
#include "persistence/sql/access.hpp"

namespace talaria::persistence::sql {

/// Applications are in catalog.cpp, subscriptions in
/// catalog_subscriptions.cpp, how their secrets are sealed in
/// catalog_secrets.cpp.
class catalog : public persistence::catalog {
public:
  /// @param secrets Must outlive it.
  catalog(std::unique_ptr<access> access, const domain::secret_box& secrets)
      : access_{std::move(access)}, secrets_{secrets} {}

  void annotate(write_note note) override { access_->annotate(std::move(note)); }

  result<bool> bootstrap(const domain::organization& organization,
                         const domain::application& application,
                         const domain::api_key& key) override;

  result<std::string> installation_key() override;

  result<std::size_t> ensure_system_applications(
      timestamp now, const std::function<domain::uuid()>& new_id) override;

  result<void> insert_application(const domain::application& application) override;
  result<domain::application> find_application(const tenant& tenant,
                                               const domain::application_id& id) override;
  result<domain::application> find_application_by_name(const tenant& tenant,
                                                       std::string_view name) override;
  result<page_of<domain::application>> list_applications(const tenant& tenant,
                                                         const page_request& page) override;
  result<void> update_application(const tenant& tenant,
                                  const domain::application& application) override;
  result<void> delete_application(const tenant& tenant, const domain::application_id& id,
                                  timestamp now) override;

  result<void> set_queue_paused(domain::priority queue, bool paused) override;
  result<domain::priority_set> paused_queues() override;

  result<domain::subscription> insert_subscription(domain::subscription subscription,
                                                   std::uint32_t organization_max) override;
  result<domain::subscription> find_subscription(const tenant& tenant,
                                                 const domain::subscription_id& id) override;
  result<domain::subscription> find_subscription(subscription_number number) override;
  result<page_of<domain::subscription>> list_subscriptions(const tenant& tenant,
                                                           const page_request& page) override;
  result<domain::subscription> update_subscription(domain::subscription subscription) override;
  result<void> delete_subscription(const tenant& tenant, const domain::subscription_id& id,
                                   timestamp now) override;

  result<std::int64_t> each_subscription(
      const std::function<void(const domain::subscription&)>& visit) override;
  result<std::vector<secret_key_use>> secret_key_uses() override;
  result<resealed_page> reseal_secrets(reseal_scope scope, subscription_number after,
                                       std::size_t subscriptions_max) override;
  result<catalog_changes> changes_since(std::int64_t revision) override;

private:
  std::unique_ptr<access> access_;
  const domain::secret_box& secrets_;
};

}  // namespace talaria::persistence::sql
