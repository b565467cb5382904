#include "persistence/sqlite/event_appender.hpp"

#include "persistence/sql/idempotency.hpp"
#include "persistence/sql/sequence_statements.hpp"
#include "persistence/sql/statement.hpp"
#include "persistence/sql/subscription_numbers.hpp"
#include "persistence/sql/trace_columns.hpp"

#include <optional>
#include <utility>

namespace talaria::persistence::sqlite {

namespace {

using domain::application_id;
using domain::event_id;
using domain::uuid;
using sql::command;
using sql::open_session;
using sql::query;
using sql::row;

struct append_statements {
  explicit append_statements(const open_session& open) : open{open} {}

  open_session open;

  query<row<std::int64_t>()> catalog_revision{open, "select revision from catalog_revision"};

  query<row<uuid, event_id, timestamp>(application_id, uuid)> find_key{open, R"(
      select body_hash, event_id, expires_us from idempotency_keys
      where application_id = :application::uuid and key_hash = :key::uuid)"};

  command<application_id, uuid, uuid, event_id, timestamp> put_key{open, R"(
      insert into idempotency_keys(application_id, key_hash, body_hash, event_id, expires_us)
      values(:application::uuid, :key::uuid, :body::uuid,
             :event::uuid, :expires)
      on conflict(application_id, key_hash) do update
      set body_hash = excluded.body_hash, event_id = excluded.event_id,
          expires_us = excluded.expires_us)"};

  command<event_id, application_id, std::string, std::string, timestamp, timestamp,
          domain::priority, sql::fan_out, std::string, std::optional<std::string>,
          std::optional<std::string>>
      insert_event{open, R"(
      insert into events(id, application_id, event_type, labels, occurred_us, received_us, priority,
                         fan_out, payload, traceparent, tracestate)
      values(:id::uuid, :application::uuid, :type, :labels, :occurred, :received,
             :priority, :fan_out, cast(:payload as blob), :traceparent, :tracestate)
      on conflict(id) do nothing)"};

  sql::sequence_statements sequences{open};

  command<subscription_number, event_id, shard_id, timestamp, domain::priority,
          std::optional<std::int64_t>>
      insert_pending{open, R"(
      insert into delivery_queue(subscription, event_id, shard, due_us, attempts, run_attempts,
                                 priority, sequence)
      values(:subscription, :event::uuid, :shard, :due, 0, 0, :priority, :sequence))"};
};

std::optional<sql::key_use> find_key_use(append_statements& sql, const sql::key_name& name) {
  const auto stored = sql.find_key.first(name.first, name.second);
  if (!stored)
    return std::nullopt;
  return std::make_from_tuple<sql::key_use>(*stored);
}

std::optional<std::int64_t> place_of(append_statements& sql, const delivery_target& target) {
  if (target.ordering == domain::ordering::parallel)
    return std::nullopt;
  return sql.sequences.next(target.subscription);
}

void store(append_statements& sql, const new_event& added) {
  const auto& event = *added.event;
  const auto trace = sql::write_trace(event.trace);
  const auto inserted = sql.insert_event(
      event.id, event.application, event.type, domain::to_json(event.labels), event.occurred_at,
      event.received_at, event.priority, sql::fan_out{sql::numbers_of(added.fan_out)},
      event.payload, trace.parent, trace.state);
  // Stored by an earlier call whose outcome was unknown: its deliveries may have ended since.
  if (inserted == 0)
    return;
  for (const auto& target : added.fan_out)
    sql.insert_pending(target.subscription, event.id, target.shard, event.received_at,
                       target.priority.value_or(event.priority), place_of(sql, target));
  if (added.idempotent)
    sql.put_key(event.application, added.idempotent->key_hash, added.idempotent->body_hash,
                event.id, added.idempotent->expires_at);
}

appended_group append_group(append_statements& sql, sql::group_decisions& decisions,
                            const event_group& group) {
  auto decision = decisions.decide(group);
  for (std::size_t index = 0; index < decision.events.size(); ++index) {
    if (!decision.events[index].duplicate)
      store(sql, group.events[index]);
  }
  return decision;
}

}  // namespace

result<std::vector<appended_group>> event_appender::append(std::span<const event_group> groups,
                                                           std::int64_t catalog_revision) {
  return access_->write<append_statements>(
      [&](append_statements& sql) -> result<std::vector<appended_group>> {
        if (sql.catalog_revision.value() > catalog_revision)
          return domain::fail(domain::ec::catalog_changed, "the subscriptions changed meanwhile");
        std::vector<appended_group> appended;
        appended.reserve(groups.size());
        sql::group_decisions decisions{
            [&](const sql::key_name& name) { return find_key_use(sql, name); }};
        for (const auto& group : groups)
          appended.push_back(append_group(sql, decisions, group));
        return appended;
      });
}

}  // namespace talaria::persistence::sqlite
