#pragma once

#include "domain/event.hpp"
#include "domain/id.hpp"
#include "domain/subscription.hpp"
#include "domain/tenancy.hpp"
#include "persistence/session.hpp"
#include "persistence/tenant.hpp"
#include "persistence/write_note.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace talaria::persistence {

struct catalog_changes {
  /// The revision that the other members bring the reader up to.
  std::int64_t revision = 0;
  std::vector<std::shared_ptr<const domain::subscription>> changed;
  std::vector<subscription_number> deleted;
  /// All of them, changed or not.
  domain::priority_set paused_queues;
};

/// How many subscriptions have their secrets sealed with a key.
struct secret_key_use {
  /// As `domain::secret_box` has it; empty: the secrets are in plain.
  std::string key_id;
  std::size_t subscriptions = 0;
};

enum class reseal_scope : std::uint8_t {
  plain,  ///< what is in plain
  all,    ///< that, and what is sealed with another key than the current one
};

struct resealed_page {
  /// How many were looked at; fewer than were asked for: there are no more.
  std::size_t subscriptions = 0;
  std::size_t resealed = 0;
  /// The number of the last one.
  subscription_number last{};
};

/// Applications and subscriptions.
///
/// Every change of a subscription or an application raises the catalogue's revision by one, in the
/// same transaction. What is another tenant's is `ec::not_found`.
class catalog : public annotated {
public:
  /// Creates, in one transaction, the organization, its application of the same name, and the key,
  /// unless any organization exists.
  /// @returns whether it did.
  virtual result<bool> bootstrap(const domain::organization& organization,
                                 const domain::application& application,
                                 const domain::api_key& key) = 0;

  /// 64 hexadecimal digits, drawn when the store was made: the same on every node and after every
  /// start. Signs what clients hand back, such as cursors; worth nothing to whoever can read the
  /// store.
  virtual result<std::string> installation_key() = 0;

  /// Gives each organization that has none its system application. Safe to call from several nodes
  /// at once.
  ///
  /// @param new_id Called for each that is made.
  /// @returns how many were made.
  virtual result<std::size_t> ensure_system_applications(
      timestamp now, const std::function<domain::uuid()>& new_id) = 0;

  /// @returns `ec::conflict` if the organization has an application of that name.
  virtual result<void> insert_application(const domain::application& application) = 0;
  virtual result<domain::application> find_application(const tenant& tenant,
                                                       const domain::application_id& id) = 0;
  virtual result<domain::application> find_application_by_name(const tenant& tenant,
                                                               std::string_view name) = 0;
  virtual result<page_of<domain::application>> list_applications(const tenant& tenant,
                                                                 const page_request& page) = 0;
  /// Writes name, metadata, retention, strictness and `updated_at`.
  virtual result<void> update_application(const tenant& tenant,
                                          const domain::application& application) = 0;
  /// Deletes its subscriptions and event types, and revokes the keys that are bound to it. Its
  /// events and attempts stay until retention takes them, out of everybody's sight.
  /// @returns `ec::conflict` for a system application.
  virtual result<void> delete_application(const tenant& tenant, const domain::application_id& id,
                                          timestamp now) = 0;

  /// Deliveries of a priority are held while its queue is paused. Raises the revision.
  virtual result<void> set_queue_paused(domain::priority queue, bool paused) = 0;
  virtual result<domain::priority_set> paused_queues() = 0;

  /// Sets the number and the revision.
  ///
  /// @param organization_max How many its organization may have; 0: any number.
  /// @returns `ec::not_found` if the application does not exist (any more); `ec::quota_exceeded`.
  virtual result<domain::subscription> insert_subscription(domain::subscription subscription,
                                                           std::uint32_t organization_max = 0) = 0;
  virtual result<domain::subscription> find_subscription(const tenant& tenant,
                                                         const domain::subscription_id& id) = 0;
  /// Whoever's it is: for the actor of a subscription.
  virtual result<domain::subscription> find_subscription(subscription_number number) = 0;
  virtual result<page_of<domain::subscription>> list_subscriptions(const tenant& tenant,
                                                                   const page_request& page) = 0;
  /// Writes settings, secrets, `paused`, `disabled` and `updated_at`, if the row still has the
  /// revision that `subscription` carries, else `ec::conflict`. What is pending of one that becomes
  /// ordered gets its places in the order of the events' ids. The health of one that was disabled
  /// and is not any more is forgotten.
  /// @returns it with its new revision.
  virtual result<domain::subscription> update_subscription(domain::subscription subscription) = 0;
  /// Its pending deliveries become cancelled, in the same transaction.
  virtual result<void> delete_subscription(const tenant& tenant, const domain::subscription_id& id,
                                           timestamp now) = 0;

  /// Shows every subscription that is not deleted, in the order of their numbers.
  /// @returns the revision of the state that was shown.
  virtual result<std::int64_t> each_subscription(
      const std::function<void(const domain::subscription&)>& visit) = 0;

  /// With which keys the secrets of all subscriptions are sealed that are not deleted, in no order.
  virtual result<std::vector<secret_key_use>> secret_key_uses() = 0;

  /// Seals secrets with the store's current key, of the subscriptions whose numbers follow `after`.
  /// What somebody changes at the same time is left as they made it. No change of the catalogue:
  /// the revision stays.
  virtual result<resealed_page> reseal_secrets(reseal_scope scope, subscription_number after,
                                               std::size_t subscriptions_max) = 0;

  /// What changed after a revision.
  virtual result<catalog_changes> changes_since(std::int64_t revision) = 0;
};

}  // namespace talaria::persistence
