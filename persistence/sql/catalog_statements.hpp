#pragma once

#include "domain/id.hpp"
#include "persistence/session.hpp"
#include "persistence/sql/statement.hpp"

#include <cstdint>

namespace talaria::persistence::sql {

/// Raises the catalogue's revision.
struct revision_statements {
  explicit revision_statements(const open_session& open) : open{open} {}

  std::int64_t raise() {
    increment();
    return current.value();
  }

  open_session open;

  query<row<std::int64_t>()> current{open, "select revision from catalog_revision"};

private:
  command<> increment{open, "update catalog_revision set revision = revision + 1"};
};

/// Whether an organization has an application, for what is to belong to it.
struct application_search {
  explicit application_search(const open_session& open) : open{open} {}

  open_session open;

  query<row<bool>(domain::application_id, domain::organization_id)> exists{open, R"(
      select exists(select 1 from applications
                    where id = :id::uuid and organization_id = :organization::uuid
                      and deleted_us is null))"};
};

/// Cancels what a subscription has pending.
struct pending_statements {
  explicit pending_statements(const open_session& open) : open{open} {}

  void cancel(subscription_number number, timestamp now) {
    // Or an outcome could come between the next two.
    lock.value(number);
    mark_cancelled(now, number);
    drop(number);
  }

private:
  open_session open;

  query<row<std::int64_t>(subscription_number)> lock{open, R"(
      select count(*) from (
        select event_id from delivery_queue where subscription = :subscription for update) locked)"};

  command<timestamp, subscription_number> mark_cancelled{open, R"(
      insert into attempts(event_id, subscription, number, started_us, duration_ms, status_code,
                           error, status, next_due_us, node, response_body, sequence)
      select event_id, subscription, attempts + 1, :now, 0, 0, 0, 3, null, '', '', sequence
      from delivery_queue where subscription = :subscription)"};

  command<subscription_number> drop{
      open, "delete from delivery_queue where subscription = :subscription"};
};

/// Marks a subscription as deleted and cancels what it has pending.
struct deletion_statements {
  explicit deletion_statements(const open_session& open) : open{open} {}

  void erase(subscription_number number, std::int64_t revision, timestamp now) {
    mark(now, revision, number);
    forget_health(number);
    pending.cancel(number, now);
  }

private:
  open_session open;
  pending_statements pending{open};

  command<subscription_number> forget_health{
      open, "delete from subscription_health where subscription = :subscription"};

  // Its secrets sign nothing any more.
  command<timestamp, std::int64_t, subscription_number> mark{open, R"(
      update subscriptions
      set deleted_us = :now, updated_us = :now, revision = :revision, secrets = '[]'
      where number = :number)"};
};

}  // namespace talaria::persistence::sql
