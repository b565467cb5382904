#pragma once

#include "persistence/sqlite/statement.hpp"
#include "persistence/store.hpp"

#include <cstdint>

namespace talaria::persistence::sqlite {

/// Raises the catalogue's revision.
struct revision_statements {
  explicit revision_statements(soci::session& session) : session{session} {}

  std::int64_t raise() {
    increment();
    return current.value();
  }

  soci::session& session;

  query<row<std::int64_t>()> current{session, "select revision from catalog_revision"};

private:
  command<> increment{session, "update catalog_revision set revision = revision + 1"};
};

/// Marks a subscription as deleted and cancels what it has pending.
struct deletion_statements {
  explicit deletion_statements(soci::session& session) : session{session} {}

  void erase(subscription_number number, std::int64_t revision, timestamp now) {
    mark(now, revision, number);
    cancel_pending(now, number);
    drop_pending(number);
  }

private:
  soci::session& session;

  // Its secrets sign nothing any more.
  command<timestamp, std::int64_t, subscription_number> mark{session, R"(
      update subscriptions
      set deleted_us = :now, updated_us = :now, revision = :revision, secrets = '[]'
      where number = :number)"};

  command<timestamp, subscription_number> cancel_pending{session, R"(
      insert into attempts(event_id, subscription, number, started_us, duration_ms, status_code,
                           error, status, next_due_us, node, response_body)
      select event_id, subscription, attempts + 1, :now, 0, 0, 0, 3, null, '', ''
      from delivery_queue where subscription = :subscription)"};

  command<subscription_number> drop_pending{
      session, "delete from delivery_queue where subscription = :subscription"};
};

}  // namespace talaria::persistence::sqlite
