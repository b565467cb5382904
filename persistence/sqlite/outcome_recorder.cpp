#include "persistence/sqlite/outcome_recorder.hpp"

#include "persistence/sql/catalog_statements.hpp"
#include "persistence/sql/health_statements.hpp"
#include "persistence/sql/statement.hpp"

#include <chrono>
#include <unordered_map>

namespace talaria::persistence::sqlite {

namespace {

using domain::delivery_status;
using domain::event_id;
using sql::command;
using sql::open_session;
using sql::query;
using sql::row;

struct record_statements {
  explicit record_statements(const open_session& open) : open{open} {}

  open_session open;

  query<row<std::string, fencing_epoch>(shard_id)> find_owner{
      open, "select owner, epoch from shards where id = :shard"};

  command<timestamp, std::uint32_t, std::uint32_t, subscription_number, event_id> put_off{open,
                                                                                          R"(
      update delivery_queue set due_us = :due, attempts = :number, run_attempts = :run_attempts
      where subscription = :subscription and event_id = :event::uuid
        and attempts = :number - 1)"};

  query<row<std::optional<std::int64_t>>(subscription_number, event_id, std::uint32_t)> finish{open,
                                                                                               R"(
      delete from delivery_queue
      where subscription = :subscription and event_id = :event::uuid
        and attempts = :number - 1
      returning sequence)"};

  command<event_id, subscription_number, std::uint32_t, timestamp, std::chrono::milliseconds,
          std::uint16_t, domain::attempt_error, delivery_status, std::optional<timestamp>,
          std::string, std::string, std::optional<std::int64_t>>
      insert_attempt{open, R"(
      insert into attempts(event_id, subscription, number, started_us, duration_ms, status_code,
                           error, status, next_due_us, node, response_body, sequence)
      values(:event::uuid, :subscription, :number, :started, :duration, :status_code,
             :error, :status, :next_due, :node, :response_body, :sequence))"};

  command<domain::disabled_reason, timestamp, subscription_number> disable{open, R"(
      update subscriptions
      set disabled = :reason, updated_us = :now, revision = (select revision + 1 from catalog_revision)
      where number = :number and disabled = 0 and deleted_us is null)"};

  sql::revision_statements revision{open};
  sql::health_statements health{open};
};

/// Which shards a node owns, read once in each transaction.
class fence {
public:
  fence(record_statements& sql, std::string_view node) : sql_{sql}, node_{node} {}

  bool admits(shard_id shard, fencing_epoch epoch) {
    const auto [known, is_new] = epochs_.try_emplace(shard);
    if (is_new) {
      if (const auto owner = sql_.find_owner.first(shard); owner && std::get<0>(*owner) == node_)
        known->second = std::get<1>(*owner);
    }
    return known->second == epoch;
  }

private:
  record_statements& sql_;
  std::string_view node_;
  /// Absent: not the node's.
  std::unordered_map<shard_id, std::optional<fencing_epoch>> epochs_;
};

struct advanced {
  /// Of a delivery that ended: its place, if it had one.
  std::optional<std::int64_t> sequence;
};

/// Moves the delivery on, if it is pending and this is its next attempt.
std::optional<advanced> advance(record_statements& sql, const outcome& made) {
  const auto& delivery = made.delivery;
  if (made.status == delivery_status::pending) {
    const auto moved = sql.put_off(made.due, made.attempt.number, made.run_attempts,
                                   delivery.subscription, delivery.event);
    return moved != 0 ? std::optional{advanced{}} : std::nullopt;
  }
  const auto ended = sql.finish.first(delivery.subscription, delivery.event, made.attempt.number);
  return ended ? std::optional{advanced{std::get<0>(*ended)}} : std::nullopt;
}

/// A subscription that is disabled already, or deleted, is no change of the catalogue.
void disable_subscription(record_statements& sql, subscription_number number,
                          domain::disabled_reason reason, timestamp now) {
  if (sql.disable(reason, now, number) != 0)
    sql.revision.raise();
}

record_status record_one(record_statements& sql, fence& fence, const outcome& made) {
  if (!fence.admits(made.shard, made.epoch))
    return record_status::fenced;
  const auto moved = advance(sql, made);
  if (!moved)
    return record_status::not_pending;
  const auto next_due =
      made.status == delivery_status::pending ? std::optional{made.due} : std::nullopt;
  sql.insert_attempt(made.delivery.event, made.delivery.subscription, made.attempt.number,
                     made.attempt.started_at, made.attempt.duration, made.attempt.status_code,
                     made.attempt.error, made.status, next_due, made.attempt.node,
                     made.attempt.response_body, moved->sequence);
  if (made.receiver_gone)
    disable_subscription(sql, made.delivery.subscription, domain::disabled_reason::gone,
                         made.attempt.started_at + made.attempt.duration);
  sql.health.telling.write(made.tells);
  return record_status::recorded;
}

record_status record_one(record_statements& sql, fence& fence, const health_change& change) {
  if (!fence.admits(change.shard, change.epoch))
    return record_status::fenced;
  return sql.health.record(change,
                           [&](auto... disabling) { disable_subscription(sql, disabling...); });
}

template <class Record>
result<std::vector<record_status>> record_all(sql::access& access, std::string_view node,
                                              std::span<const Record> records) {
  return access.write<record_statements>(
      [&](record_statements& sql) -> result<std::vector<record_status>> {
        fence fence{sql, node};
        std::vector<record_status> statuses;
        statuses.reserve(records.size());
        for (const auto& each : records)
          statuses.push_back(record_one(sql, fence, each));
        return statuses;
      });
}

}  // namespace

result<std::vector<record_status>> outcome_recorder::record(std::string_view node,
                                                            std::span<const outcome> outcomes) {
  return record_all(*access_, node, outcomes);
}

result<std::vector<record_status>> outcome_recorder::record_health(
    std::string_view node, std::span<const health_change> changes) {
  return record_all(*access_, node, changes);
}

}  // namespace talaria::persistence::sqlite
