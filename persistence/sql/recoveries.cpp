#include "persistence/sql/recoveries.hpp"

#include "persistence/sql/delivery_lookup.hpp"
#include "persistence/sql/health_statements.hpp"
#include "persistence/sql/paging.hpp"
#include "persistence/sql/retry_statements.hpp"
#include "persistence/sql/subscription_row.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

namespace talaria::persistence::sql {

namespace {

using domain::ec;
using domain::event_id;
using domain::recovery;
using domain::recovery_id;
using domain::recovery_status;
using domain::subscription_id;

using recovery_row = row<recovery_id, subscription_id, subscription_number, timestamp, timestamp,
                         std::uint32_t, recovery_status, std::uint64_t, std::uint64_t, timestamp,
                         timestamp, std::optional<timestamp>>;

/// With the columns of `recovery_row`.
std::string select_recoveries(std::string_view table, std::string_view condition) {
  return fmt::format(
      "select r.id, s.id, r.subscription, r.since_us, r.until_us, r.rate_per_second, r.status, "
      "r.total, r.redelivered, r.created_us, r.updated_us, r.ended_us "
      "from {} ordered join subscriptions s on s.number = r.subscription where {}",
      table, condition);
}

recovery to_recovery(const recovery_row& row) {
  const auto& [id, subscription, number, since, until, rate, status, total, redelivered, created_at,
               updated_at, ended_at] = row;
  return {.id = id,
          .subscription = subscription,
          .number = number,
          .wanted = {.since = since, .until = until, .rate_per_second = rate},
          .status = status,
          .total = total,
          .redelivered = redelivered,
          .created_at = created_at,
          .updated_at = updated_at,
          .ended_at = ended_at};
}

/// The ids of the events of a time.
struct id_range {
  event_id first;
  event_id end;
};

id_range ids_of(const domain::recovery_request& wanted, const event_id& first_kept) {
  return {std::max(event_id{domain::first_uuid_at(wanted.since)}, first_kept),
          event_id{domain::first_uuid_at(wanted.until)}};
}

struct recovery_reads {
  explicit recovery_reads(const open_session& open) : open{open} {}

  open_session open;
  delivery_lookup lookup{open};

  query<recovery_row(recovery_id, subscription_number)> find{
      open,
      select_recoveries("recoveries r", "r.id = :id::uuid and r.subscription = :subscription")};

  query<recovery_row(subscription_number, domain::uuid, std::int64_t)> list{
      open, select_recoveries("recoveries r",
                              "r.subscription = :subscription and r.id < :before::uuid "
                              "order by r.id desc limit :rows")};

  // Every number is above 0: said so that the index is searched, which holds only running ones.
  query<recovery_row()> running{
      open, select_recoveries("recoveries r indexed by recoveries_running",
                              "r.status = 0 and r.subscription > 0 order by r.subscription")};
};

struct recovery_writes {
  explicit recovery_writes(const open_session& open) : open{open} {}

  open_session open;
  delivery_lookup lookup{open};
  retry_statements retries{open};
  telling_statements tellings{open};

  query<row<std::uint64_t>(subscription_number, event_id, event_id)> count_dead{open, R"(
      select count(*) from attempts indexed by attempts_by_outcome
      where subscription = :subscription and status = 2 and status <> 0
        and event_id >= :first::uuid and event_id < :end::uuid)"};

  command<recovery_id, subscription_number, timestamp, timestamp, std::uint32_t, std::uint64_t,
          event_id, timestamp>
      insert{open, R"(
      insert into recoveries(id, subscription, since_us, until_us, rate_per_second, status, total,
                             redelivered, last_event_id, created_us, updated_us)
      values(:id::uuid, :subscription, :since, :until, :rate, 0, :total, 0, :last_event::uuid, :now,
             :now)
      on conflict(subscription) where status = 0 do nothing)"};

  // Whoever else advances or cancels it waits.
  query<row<event_id>(recovery_id)> lock{
      open, "select last_event_id from recoveries where id = :id::uuid for update"};

  query<recovery_row(recovery_id)> find{open,
                                        select_recoveries("recoveries r", "r.id = :id::uuid")};

  // Nothing is signed or decided here: what is secret stays sealed.
  query<subscription_row(subscription_number)> subscription{open, R"(
      select number, id, organization_id, application_id, settings, '[]', paused, disabled,
             created_us, updated_us, revision, failing_us, opened_us, next_probe_us,
             coalesce(breaker_reason, '')
      from subscriptions left join subscription_health on subscription = number
      where number = :number)"};

  query<row<std::uint64_t>(subscription_number, timestamp, std::int64_t)> count_due{open, R"(
      select count(*) from (
        select 1 from delivery_queue
        where subscription = :subscription and due_us <= :now and attempts >= 0
        limit :rows) due)"};

  // The priority is -1 where retention takes the event at this moment.
  query<row<event_id, std::uint32_t, std::optional<std::int64_t>, int>(
      subscription_number, event_id, event_id, event_id, std::int64_t)>
      dead{open, R"(
      select event_id, number, sequence,
             coalesce((select priority from events where events.id = attempts.event_id), -1)
      from attempts indexed by attempts_by_outcome
      where subscription = :subscription and status = 2 and status <> 0
        and event_id > :last_event::uuid and event_id >= :first::uuid and event_id < :end::uuid
      order by event_id limit :rows for update)"};

  command<recovery_status, std::uint64_t, event_id, timestamp, std::optional<timestamp>,
          recovery_id>
      update{open, R"(
      update recoveries
      set status = :status, redelivered = :redelivered, last_event_id = :last_event::uuid,
          updated_us = :now, ended_us = :ended
      where id = :id::uuid)"};
};

tl::unexpected<domain::error> no_such_subscription() {
  return domain::fail(ec::not_found, "no such subscription");
}

tl::unexpected<domain::error> no_such_recovery() {
  return domain::fail(ec::not_found, "no such recovery");
}

/// One step of a recovery, under the lock of its row.
class recovery_step {
public:
  recovery_step(recovery_writes& sql, recovery stands, const event_id& last_event, timestamp now)
      : sql_{sql},
        stands_{std::move(stands)},
        subscription_{to_subscription(sql.subscription.first(stands_.number).value(), {})},
        last_event_{last_event},
        now_{now} {
    stands_.updated_at = now;
  }

  tenant owner() const { return {subscription_.organization, std::nullopt}; }

  bool may_go_on() {
    const auto due_max = persistence::recoveries::due_max;
    return sql_.count_due.value(stands_.number, now_, static_cast<std::int64_t>(due_max)) < due_max;
  }

  /// @returns how many dead deliveries it came by.
  std::size_t redeliver(const event_id& first_kept, std::size_t deliveries_max) {
    const auto found = dead_ones(first_kept, deliveries_max);
    const auto shard = shard_of(stands_.subscription);
    for (const auto& [event, state, priority] : found) {
      last_event_ = event;
      if (priority < 0)
        continue;
      sql_.retries.retry({event, stands_.number}, shard, state,
                         static_cast<domain::priority>(priority), now_);
      ++stands_.redelivered;
    }
    return found.size();
  }

  void end(recovery_status status) {
    stands_.status = status;
    stands_.ended_at = now_;
    sql_.tellings.write({domain::tell_recover_finished(subscription_, stands_)});
  }

  recovery commit() {
    sql_.update(stands_.status, stands_.redelivered, last_event_, now_, stands_.ended_at,
                stands_.id);
    return stands_;
  }

private:
  struct dead_delivery {
    event_id event;
    delivery_state state;
    int priority = 0;
  };

  std::vector<dead_delivery> dead_ones(const event_id& first_kept, std::size_t deliveries_max) {
    std::vector<dead_delivery> found;
    const auto [first, end] = ids_of(stands_.wanted, first_kept);
    sql_.dead.each(
        [&](const event_id& event, std::uint32_t attempts,
            const std::optional<std::int64_t>& sequence, int priority) {
          delivery_state state{.status = domain::delivery_status::dead,
                               .attempts = attempts,
                               .due = std::nullopt,
                               .ended_at = std::nullopt,
                               .sequence = sequence};
          found.push_back({event, state, priority});
        },
        stands_.number, last_event_, first, end, static_cast<std::int64_t>(deliveries_max));
    return found;
  }

  recovery_writes& sql_;
  recovery stands_;
  domain::subscription subscription_;
  event_id last_event_;
  timestamp now_;
};

domain::recovery_request cut_to_milliseconds(domain::recovery_request wanted) {
  wanted.since = std::chrono::floor<std::chrono::milliseconds>(wanted.since);
  wanted.until = std::chrono::floor<std::chrono::milliseconds>(wanted.until);
  return wanted;
}

}  // namespace

result<recovery> recoveries::create(const tenant& tenant, const subscription_id& subscription,
                                    const recovery_id& id, const domain::recovery_request& wanted,
                                    timestamp now) {
  const auto sight = sight_by(retention_, tenant);
  return access_->write<recovery_writes>([&](recovery_writes& sql) -> result<recovery> {
    const auto known = sql.lookup.subscription(sight, subscription);
    if (!known || known->deleted)
      return no_such_subscription();
    recovery made{.id = id,
                  .subscription = subscription,
                  .number = known->number,
                  .wanted = cut_to_milliseconds(wanted),
                  .created_at = now,
                  .updated_at = now,
                  .ended_at = std::nullopt};
    const auto [first, end] = ids_of(made.wanted, known->first_kept);
    made.total = sql.count_dead.value(made.number, first, end);
    if (sql.insert(id, made.number, made.wanted.since, made.wanted.until,
                   made.wanted.rate_per_second, made.total, event_id{}, now) == 0)
      return domain::fail(ec::conflict, "another recovery of the subscription is running");
    return made;
  });
}

result<recovery> recoveries::find(const tenant& tenant, const subscription_id& subscription,
                                  const recovery_id& id) {
  const auto sight = sight_by(retention_, tenant);
  return access_->read<recovery_reads>([&](recovery_reads& sql) -> result<recovery> {
    const auto known = sql.lookup.subscription(sight, subscription);
    const auto row = known ? sql.find.first(id, known->number) : std::nullopt;
    if (!row)
      return no_such_recovery();
    return to_recovery(*row);
  });
}

result<page_of<recovery>> recoveries::list(const tenant& tenant,
                                           const subscription_id& subscription,
                                           const page_request& page) {
  const auto sight = sight_by(retention_, tenant);
  return access_->read<recovery_reads>([&](recovery_reads& sql) -> result<page_of<recovery>> {
    const auto known = sql.lookup.subscription(sight, subscription);
    if (!known)
      return no_such_subscription();
    page_of<recovery> found;
    const auto add = [&](const auto&... columns) {
      return add_row(found, to_recovery(recovery_row{columns...}), page);
    };
    sql.list.each(add, known->number, before(page), rows_wanted(page));
    return found;
  });
}

result<recovery> recoveries::cancel(const tenant& tenant, const subscription_id& subscription,
                                    const recovery_id& id, timestamp now) {
  const auto sight = sight_by(retention_, tenant);
  return access_->write<recovery_writes>([&](recovery_writes& sql) -> result<recovery> {
    const auto known = sql.lookup.subscription(sight, subscription);
    const auto last_event = sql.lock.first(id);
    if (!known || !last_event)
      return no_such_recovery();
    const auto stands = to_recovery(sql.find.first(id).value());
    if (stands.number != known->number)
      return no_such_recovery();
    if (stands.status != recovery_status::running)
      return domain::fail(ec::conflict, "the recovery is not running");
    recovery_step step{sql, stands, std::get<0>(*last_event), now};
    step.end(recovery_status::cancelled);
    return step.commit();
  });
}

result<std::vector<recovery>> recoveries::running() {
  return access_->read<recovery_reads>([&](recovery_reads& sql) -> result<std::vector<recovery>> {
    std::vector<recovery> found;
    sql.running.each(
        [&](const auto&... columns) { found.push_back(to_recovery(recovery_row{columns...})); });
    return found;
  });
}

result<recovery> recoveries::advance(const recovery_id& id, std::size_t deliveries_max,
                                     timestamp now) {
  return access_->write<recovery_writes>([&](recovery_writes& sql) -> result<recovery> {
    const auto last_event = sql.lock.first(id);
    if (!last_event)
      return no_such_recovery();
    const auto stands = to_recovery(sql.find.first(id).value());
    if (stands.status != recovery_status::running)
      return stands;
    recovery_step step{sql, stands, std::get<0>(*last_event), now};
    const auto owner = step.owner();
    const auto known = sql.lookup.subscription(sight_by(retention_, owner), stands.number);
    if (!known || known->deleted) {
      step.end(recovery_status::cancelled);
      return step.commit();
    }
    if (!step.may_go_on())
      return stands;
    if (step.redeliver(known->first_kept, deliveries_max) < deliveries_max)
      step.end(recovery_status::finished);
    return step.commit();
  });
}

}  // namespace talaria::persistence::sql
