#pragma once

#include "domain/delivery.hpp"
#include "domain/event.hpp"
#include "domain/id.hpp"
#include "persistence/retention_clock.hpp"
#include "persistence/sql/expiry.hpp"
#include "persistence/sql/statement.hpp"
#include "persistence/tenant.hpp"

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
  /// Not pending only: its place, if it had one.
  std::optional<std::int64_t> sequence{};
};

/// The state in a final attempt's columns. The mark of a cancellation is an attempt that was not
/// made.
inline delivery_state ended(domain::delivery_status status, std::uint32_t number,
                            timestamp started_at, std::chrono::milliseconds duration) {
  const bool made = status != domain::delivery_status::cancelled;
  return {status, made ? number : number - 1, std::nullopt, started_at + duration};
}

/// What a tenant may see at a moment.
struct sight {
  const tenant& of;
  /// Absent: nothing expires.
  std::optional<expiry> at;

  /// Events of an application with smaller ids are to be seen only while a delivery is pending.
  domain::event_id first_kept(std::optional<std::uint32_t> retention_days) const {
    return at ? domain::event_id{sql::first_kept(*at, retention_days)} : domain::event_id{};
  }
};

/// What a tenant may see now. The tenant must outlive it.
inline sight sight_by(const retention_clock& retention, const tenant& tenant) {
  if (!retention.now)
    return {tenant, std::nullopt};
  return {tenant, expiry{retention.now(), retention.default_retention}};
}

struct known_application {
  domain::application_id id;
  domain::event_id first_kept;
};

struct known_subscription {
  subscription_number number{};
  domain::subscription_id id;
  bool deleted = false;
  domain::event_id first_kept;
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
/// deleted are found: their history stays. Events that are expired are not found.
class delivery_lookup {
public:
  explicit delivery_lookup(const open_session& open) : open_{open} {}

  std::vector<known_application> applications(const sight& sight);
  std::vector<subscription_number> subscriptions(const domain::application_id& application);

  std::optional<known_event> event(const sight& sight, const domain::event_id& id);
  std::optional<known_subscription> subscription(const sight& sight, subscription_number number);
  std::optional<known_subscription> subscription(const sight& sight,
                                                 const domain::subscription_id& id);

  /// Absent: there is no such delivery.
  std::optional<delivery_state> state(const domain::delivery_id& id);

private:
  using subscription_columns =
      row<subscription_number, domain::subscription_id, domain::application_id,
          domain::organization_id, bool, std::optional<std::uint32_t>>;

  open_session open_;

  query<row<domain::application_id, std::optional<std::uint32_t>>(domain::organization_id)>
      applications_{open_, R"(
      select id, retention_days from applications
      where organization_id = :organization::uuid and deleted_us is null order by id)"};

  query<row<subscription_number>(domain::application_id)> subscriptions_{
      open_, "select number from subscriptions where application_id = :application::uuid"};

  query<row<domain::application_id, domain::organization_id, std::optional<std::uint32_t>,
            std::string, timestamp, domain::priority, fan_out>(domain::event_id)>
      event_{open_, R"(
      select e.application_id, a.organization_id, a.retention_days, e.event_type, e.received_us,
             e.priority, e.fan_out
      from events e ordered join applications a on a.id = e.application_id
      where e.id = :id::uuid and a.deleted_us is null)"};

  query<subscription_columns(subscription_number)> by_number_{open_, R"(
      select s.number, s.id, s.application_id, s.organization_id, s.deleted_us is not null,
             a.retention_days
      from subscriptions s ordered join applications a on a.id = s.application_id
      where s.number = :number and a.deleted_us is null)"};

  query<subscription_columns(domain::subscription_id)> by_id_{open_, R"(
      select s.number, s.id, s.application_id, s.organization_id, s.deleted_us is not null,
             a.retention_days
      from subscriptions s ordered join applications a on a.id = s.application_id
      where s.id = :id::uuid and a.deleted_us is null)"};

  query<row<timestamp, std::uint32_t>(subscription_number, domain::event_id)> pending_{open_, R"(
      select due_us, attempts from delivery_queue
      where subscription = :subscription and event_id = :event::uuid)"};

  query<row<domain::delivery_status, std::uint32_t, timestamp, std::chrono::milliseconds,
            std::optional<std::int64_t>>(domain::event_id, subscription_number)>
      final_{open_, R"(
      select status, number, started_us, duration_ms, sequence from attempts
      where event_id = :event::uuid and subscription = :subscription and status <> 0)"};

  std::optional<delivery_state> pending_state(const domain::delivery_id& id);
  std::optional<delivery_state> ended_state(const domain::delivery_id& id);
  bool has_pending(const domain::event_id& event, const std::vector<subscription_number>& fan_out);
  static std::optional<known_subscription> known(const sight& sight,
                                                 const std::optional<subscription_columns>& row);
};

}  // namespace talaria::persistence::sql
