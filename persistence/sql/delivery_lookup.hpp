#pragma once

#include "persistence/sql/statement.hpp"
#include "persistence/store.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace talaria::persistence::sql {

/// Where a delivery stands: what its queue row or its final attempt says.
struct delivery_state {
  domain::delivery_status status = domain::delivery_status::pending;
  /// Requests made.
  std::uint32_t attempts = 0;
  /// Pending only.
  std::optional<timestamp> due;
  /// Not pending only.
  std::optional<timestamp> ended_at;
};

/// The state in a final attempt's columns. The mark of a cancellation is an attempt that was not
/// made.
inline delivery_state ended(domain::delivery_status status, std::uint32_t number,
                            timestamp started_at, std::chrono::milliseconds duration) {
  const bool made = status != domain::delivery_status::cancelled;
  return {status, made ? number : number - 1, std::nullopt, started_at + duration};
}

struct known_subscription {
  subscription_number number{};
  domain::subscription_id id;
  bool deleted = false;
};

struct known_event {
  domain::application_id application;
  std::string type;
  timestamp received_at;
  domain::priority priority{};
  std::vector<subscription_number> fan_out;
};

/// Finds deliveries and what they belong to, within what a tenant may see: the applications of its
/// organization that were not deleted, or the one that it is bound to. Subscriptions that were
/// deleted are found: their history stays.
class delivery_lookup {
public:
  explicit delivery_lookup(const open_session& open) : open_{open} {}

  std::vector<domain::application_id> applications(const tenant& tenant);
  std::vector<subscription_number> subscriptions(const domain::application_id& application);

  std::optional<known_event> event(const tenant& tenant, const domain::event_id& id);
  std::optional<known_subscription> subscription(const tenant& tenant, subscription_number number);
  std::optional<known_subscription> subscription(const tenant& tenant,
                                                 const domain::subscription_id& id);

  /// Absent: there is no such delivery.
  std::optional<delivery_state> state(const domain::delivery_id& id);

private:
  using subscription_columns = row<subscription_number, domain::subscription_id,
                                   domain::application_id, domain::organization_id, bool>;

  open_session open_;

  query<row<domain::application_id>(domain::organization_id)> applications_{open_, R"(
      select id from applications
      where organization_id = :organization::uuid and deleted_us is null order by id)"};

  query<row<subscription_number>(domain::application_id)> subscriptions_{
      open_, "select number from subscriptions where application_id = :application::uuid"};

  query<row<domain::application_id, domain::organization_id, std::string, timestamp,
            domain::priority, fan_out>(domain::event_id)>
      event_{open_, R"(
      select e.application_id, a.organization_id, e.event_type, e.received_us, e.priority, e.fan_out
      from events e ordered join applications a on a.id = e.application_id
      where e.id = :id::uuid and a.deleted_us is null)"};

  query<subscription_columns(subscription_number)> by_number_{open_, R"(
      select s.number, s.id, s.application_id, s.organization_id, s.deleted_us is not null
      from subscriptions s ordered join applications a on a.id = s.application_id
      where s.number = :number and a.deleted_us is null)"};

  query<subscription_columns(domain::subscription_id)> by_id_{open_, R"(
      select s.number, s.id, s.application_id, s.organization_id, s.deleted_us is not null
      from subscriptions s ordered join applications a on a.id = s.application_id
      where s.id = :id::uuid and a.deleted_us is null)"};

  query<row<timestamp, std::uint32_t>(subscription_number, domain::event_id)> pending_{open_, R"(
      select due_us, attempts from delivery_queue
      where subscription = :subscription and event_id = :event::uuid)"};

  query<row<domain::delivery_status, std::uint32_t, timestamp, std::chrono::milliseconds>(
      domain::event_id, subscription_number)>
      final_{open_, R"(
      select status, number, started_us, duration_ms from attempts
      where event_id = :event::uuid and subscription = :subscription and status <> 0)"};

  static std::optional<known_subscription> known(const tenant& tenant,
                                                 const std::optional<subscription_columns>& row);
};

}  // namespace talaria::persistence::sql
