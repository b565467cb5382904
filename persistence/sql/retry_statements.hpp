#pragma once

#include "domain/delivery.hpp"
#include "domain/event.hpp"
#include "domain/id.hpp"
#include "persistence/membership.hpp"
#include "persistence/session.hpp"
#include "persistence/sql/delivery_lookup.hpp"
#include "persistence/sql/sequence_statements.hpp"
#include "persistence/sql/statement.hpp"

#include <cstdint>
#include <optional>

namespace talaria::persistence::sql {

/// Makes deliveries pending and due now, their schedules from the start.
struct retry_statements {
  explicit retry_statements(const open_session& open) : open{open} {}

  /// Whatever its state is.
  void retry(const domain::delivery_id& delivery, shard_id shard, const delivery_state& state,
             domain::priority priority, timestamp now) {
    const auto& [event, subscription] = delivery;
    if (state.status == domain::delivery_status::pending) {
      hurry(now, subscription, event);
      return;
    }
    if (state.status == domain::delivery_status::cancelled)
      unmark_cancelled(event, subscription);
    else
      reopen(now, event, subscription, state.attempts);
    const auto sequence = state.sequence ? state.sequence : sequences.next(subscription);
    insert_pending(subscription, event, shard, now, state.attempts, priority, sequence);
  }

private:
  open_session open;
  sequence_statements sequences{open};

  command<timestamp, subscription_number, domain::event_id> hurry{open, R"(
      update delivery_queue set due_us = case when due_us < :now then due_us else :now end
      where subscription = :subscription and event_id = :event::uuid)"};

  // Somebody else may have made it pending since its state was read.
  command<subscription_number, domain::event_id, shard_id, timestamp, std::uint32_t,
          domain::priority, std::optional<std::int64_t>>
      insert_pending{open, R"(
      insert into delivery_queue(subscription, event_id, shard, due_us, attempts, run_attempts,
                                 priority, sequence)
      values(:subscription, :event::uuid, :shard, :due, :attempts, 0, :priority, :sequence)
      on conflict(subscription, event_id) do nothing)"};

  command<domain::event_id, subscription_number> unmark_cancelled{open, R"(
      delete from attempts
      where event_id = :event::uuid and subscription = :subscription and status = 3)"};

  command<timestamp, domain::event_id, subscription_number, std::uint32_t> reopen{open, R"(
      update attempts set status = 0, next_due_us = :now
      where event_id = :event::uuid and subscription = :subscription
        and number = :number)"};
};

}  // namespace talaria::persistence::sql
