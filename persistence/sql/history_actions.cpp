#include "persistence/sql/delivery_lookup.hpp"
#include "persistence/sql/history.hpp"
#include "persistence/sql/retry_statements.hpp"

#include <utility>

namespace talaria::persistence::sql {

namespace {

using domain::delivery_id;
using domain::delivery_status;
using domain::ec;
using domain::event_id;

struct delivery_writes {
  explicit delivery_writes(const open_session& open) : open{open} {}

  open_session open;
  delivery_lookup lookup{open};
  retry_statements retries{open};

  query<row<std::optional<std::int64_t>>(subscription_number, event_id)> drop_pending{open, R"(
      delete from delivery_queue
      where subscription = :subscription and event_id = :event::uuid
      returning sequence)"};

  command<event_id, subscription_number, std::uint32_t, timestamp, std::optional<std::int64_t>>
      mark_cancelled{open, R"(
      insert into attempts(event_id, subscription, number, started_us, duration_ms, status_code,
                           error, status, next_due_us, node, response_body, sequence)
      values(:event::uuid, :subscription, :number, :now, 0, 0, 0, 3, null, '', '', :sequence))"};
};

tl::unexpected<domain::error> no_such_delivery() {
  return domain::fail(ec::not_found, "no such delivery");
}

tl::unexpected<domain::error> not_pending() {
  return domain::fail(ec::conflict, "the delivery is not pending");
}

}  // namespace

result<void> history::retry_delivery(const tenant& tenant, const delivery_id& id, timestamp now) {
  const auto sight = sight_of(tenant);
  return access_->write<delivery_writes>([&](delivery_writes& sql) -> result<void> {
    const auto subscription = sql.lookup.subscription(sight, id.subscription);
    const auto event = sql.lookup.event(sight, id.event);
    const auto state = sql.lookup.state(id);
    if (!subscription || !event || !state)
      return no_such_delivery();
    if (subscription->deleted)
      return domain::fail(ec::conflict, "its subscription was deleted");
    sql.retries.retry(id, shard_of(subscription->id), *state, event->priority, now);
    return {};
  });
}

result<void> history::cancel_delivery(const tenant& tenant, const delivery_id& id, timestamp now) {
  const auto sight = sight_of(tenant);
  return access_->write<delivery_writes>([&](delivery_writes& sql) -> result<void> {
    const auto state = sql.lookup.state(id);
    if (!state || !sql.lookup.subscription(sight, id.subscription))
      return no_such_delivery();
    if (state->status != delivery_status::pending)
      return not_pending();
    const auto dropped = sql.drop_pending.first(id.subscription, id.event);
    if (!dropped)
      return not_pending();
    sql.mark_cancelled(id.event, id.subscription, state->attempts + 1, now, std::get<0>(*dropped));
    return {};
  });
}

result<std::vector<subscription_number>> history::replay_event(const tenant& tenant,
                                                               const event_id& id, timestamp now) {
  const auto sight = sight_of(tenant);
  return access_->write<delivery_writes>(
      [&](delivery_writes& sql) -> result<std::vector<subscription_number>> {
        const auto event = sql.lookup.event(sight, id);
        if (!event)
          return domain::fail(ec::not_found, "no such event");
        std::vector<subscription_number> retried;
        for (const auto number : event->fan_out) {
          const auto subscription = sql.lookup.subscription(sight, number);
          const auto state = sql.lookup.state({id, number});
          if (!subscription || subscription->deleted || !state)
            continue;
          sql.retries.retry({id, number}, shard_of(subscription->id), *state, event->priority, now);
          retried.push_back(number);
        }
        return retried;
      });
}

}  // namespace talaria::persistence::sql
