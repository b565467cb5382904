#include "persistence/sqlite/outcome_recorder.hpp"

#include "persistence/sql/catalog_statements.hpp"
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

  command<subscription_number, event_id, std::uint32_t> finish{open, R"(
      delete from delivery_queue
      where subscription = :subscription and event_id = :event::uuid
        and attempts = :number - 1)"};

  command<event_id, subscription_number, std::uint32_t, timestamp, std::chrono::milliseconds,
          std::uint16_t, domain::attempt_error, delivery_status, std::optional<timestamp>,
          std::string, std::string>
      insert_attempt{open, R"(
      insert into attempts(event_id, subscription, number, started_us, duration_ms, status_code,
                           error, status, next_due_us, node, response_body)
      values(:event::uuid, :subscription, :number, :started, :duration, :status_code,
             :error, :status, :next_due, :node, :response_body))"};

  command<domain::disabled_reason, timestamp, subscription_number> disable{open, R"(
      update subscriptions
      set disabled = :reason, updated_us = :now, revision = (select revision + 1 from catalog_revision)
      where number = :number and disabled = 0 and deleted_us is null)"};

  sql::revision_statements revision{open};
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

/// Moves the delivery on, if it is pending and this is its next attempt.
bool advance(record_statements& sql, const outcome& made) {
  const auto& delivery = made.delivery;
  if (made.status == delivery_status::pending)
    return sql.put_off(made.due, made.attempt.number, made.run_attempts, delivery.subscription,
                       delivery.event) != 0;
  return sql.finish(delivery.subscription, delivery.event, made.attempt.number) != 0;
}

/// A subscription that is disabled already, or deleted, is no change of the catalogue.
void disable_subscription(record_statements& sql, const outcome& made) {
  if (sql.disable(domain::disabled_reason::gone, made.attempt.started_at + made.attempt.duration,
                  made.delivery.subscription) != 0)
    sql.revision.raise();
}

record_status record_one(record_statements& sql, fence& fence, const outcome& made) {
  if (!fence.admits(made.shard, made.epoch))
    return record_status::fenced;
  if (!advance(sql, made))
    return record_status::not_pending;
  const auto next_due =
      made.status == delivery_status::pending ? std::optional{made.due} : std::nullopt;
  sql.insert_attempt(made.delivery.event, made.delivery.subscription, made.attempt.number,
                     made.attempt.started_at, made.attempt.duration, made.attempt.status_code,
                     made.attempt.error, made.status, next_due, made.attempt.node,
                     made.attempt.response_body);
  if (made.receiver_gone)
    disable_subscription(sql, made);
  return record_status::recorded;
}

}  // namespace

result<std::vector<record_status>> outcome_recorder::record(std::string_view node,
                                                            std::span<const outcome> outcomes) {
  return access_->write<record_statements>(
      [&](record_statements& sql) -> result<std::vector<record_status>> {
        fence fence{sql, node};
        std::vector<record_status> statuses;
        statuses.reserve(outcomes.size());
        for (const auto& made : outcomes)
          statuses.push_back(record_one(sql, fence, made));
        return statuses;
      });
}

}  // namespace talaria::persistence::sqlite
