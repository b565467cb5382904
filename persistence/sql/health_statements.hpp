#pragma once

#include "domain/id.hpp"
#include "domain/operational_event.hpp"
#include "domain/subscription_health.hpp"
#include "persistence/outcome_recorder.hpp"
#include "persistence/sql/statement.hpp"

#include <optional>
#include <string>

namespace talaria::persistence::sql {

/// Writes operational events down.
struct telling_statements {
  explicit telling_statements(const open_session& open) : open{open} {}

  void write(const std::vector<domain::operational_event>& events) {
    for (const auto& event : events)
      insert(event.id, event.organization, event.type, domain::to_json(event.labels), event.payload,
             event.occurred_at, event.application);
  }

private:
  open_session open;

  // Not of what happens in a system application.
  command<domain::uuid, domain::organization_id, std::string, std::string, std::string, timestamp,
          domain::application_id>
      insert{open, R"(
      insert into operational_events(id, organization_id, application_id, event_type, labels,
                                     payload, occurred_us)
      select :id::uuid, :organization::uuid, id, cast(:type as text), cast(:labels as text),
             cast(:payload as text), cast(:occurred as bigint)
      from applications where id = :application::uuid and is_system = 0)"};
};

/// Writes the health of subscriptions.
struct health_statements {
  explicit health_statements(const open_session& open) : open{open} {}

  /// A row is there only while it says something.
  void store(subscription_number number, const domain::subscription_health& health) {
    if (health == domain::subscription_health{}) {
      forget(number);
      return;
    }
    const auto& breaker = health.breaker;
    put(number, health.failing_since, breaker ? std::optional{breaker->opened_at} : std::nullopt,
        breaker ? std::optional{breaker->next_probe_at} : std::nullopt,
        breaker ? breaker->reason : std::string{});
  }

  open_session open;

  command<subscription_number> forget{
      open, "delete from subscription_health where subscription = :subscription"};

  /// Stores what its owner reports.
  ///
  /// @param give_up Disables the subscription with a reason, at a time.
  template <class GiveUp>
  record_status record(const health_change& change, GiveUp give_up) {
    if (!exists.value(change.subscription))
      return record_status::not_pending;
    store(change.subscription, change.health);
    if (change.given_up)
      give_up(change.subscription, domain::disabled_reason::failing, change.changed_at);
    telling.write(change.tells);
    return record_status::recorded;
  }

  telling_statements telling{open};

private:
  query<row<bool>(subscription_number)> exists{open, R"(
      select exists(select 1 from subscriptions where number = :number and deleted_us is null))"};

  command<subscription_number, std::optional<timestamp>, std::optional<timestamp>,
          std::optional<timestamp>, std::string>
      put{open, R"(
      insert into subscription_health(subscription, failing_us, opened_us, next_probe_us,
                                      breaker_reason)
      values(:subscription, :failing, :opened, :next_probe, :reason)
      on conflict(subscription) do update
      set failing_us = excluded.failing_us, opened_us = excluded.opened_us,
          next_probe_us = excluded.next_probe_us, breaker_reason = excluded.breaker_reason)"};
};

}  // namespace talaria::persistence::sql
