#include "persistence/sqlite/event_appender.hpp"

#include "persistence/sql/statement.hpp"
#include "persistence/sql/subscription_numbers.hpp"

#include <map>
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
          domain::priority, sql::fan_out, std::string>
      insert_event{open, R"(
      insert into events(id, application_id, event_type, labels, occurred_us, received_us, priority,
                         fan_out, payload)
      values(:id::uuid, :application::uuid, :type, :labels, :occurred, :received,
             :priority, :fan_out, cast(:payload as blob))
      on conflict(id) do nothing)"};

  command<subscription_number, event_id, shard_id, timestamp, domain::priority> insert_pending{open,
                                                                                               R"(
      insert into delivery_queue(subscription, event_id, shard, due_us, attempts, run_attempts,
                                 priority)
      values(:subscription, :event::uuid, :shard, :due, 0, 0, :priority))"};
};

/// Who used an idempotency key, and for how long that counts.
struct key_use {
  uuid body_hash;
  event_id event;
  timestamp expires_at;
};

/// What becomes of a group, decided before any of it is written: a group that is refused leaves
/// nothing behind, not even its keys.
class group_decision {
public:
  explicit group_decision(append_statements& sql) : sql_{sql} {}

  appended_group decide(const event_group& group) {
    appended_group decision;
    for (std::size_t index = 0; index < group.events.size(); ++index)
      add(group.events[index], index, decision);
    if (!decision.conflicts.empty())
      decision.events.clear();
    return decision;
  }

private:
  void add(const new_event& added, std::size_t index, appended_group& decision) {
    const auto& event = *added.event;
    decision.events.push_back({event.id, false});
    if (!added.idempotent)
      return;
    const auto used = find(event.application, added.idempotent->key_hash);
    if (!used || used->expires_at <= event.received_at) {
      used_here_[{event.application, added.idempotent->key_hash}] = {
          added.idempotent->body_hash, event.id, added.idempotent->expires_at};
    } else if (used->event == event.id) {
      // The same call again, after its outcome was unknown: not a duplicate, but stored already.
    } else if (used->body_hash != added.idempotent->body_hash) {
      decision.conflicts.push_back(index);
    } else {
      decision.events.back() = {used->event, true};
    }
  }

  std::optional<key_use> find(const application_id& application, const uuid& key_hash) {
    if (const auto here = used_here_.find({application, key_hash}); here != used_here_.end())
      return here->second;
    const auto stored = sql_.find_key.first(application, key_hash);
    if (!stored)
      return std::nullopt;
    return std::make_from_tuple<key_use>(*stored);
  }

  append_statements& sql_;
  std::map<std::pair<application_id, uuid>, key_use> used_here_;
};

void store(append_statements& sql, const new_event& added) {
  const auto& event = *added.event;
  const auto inserted =
      sql.insert_event(event.id, event.application, event.type, domain::to_json(event.labels),
                       event.occurred_at, event.received_at, event.priority,
                       sql::fan_out{sql::numbers_of(added.fan_out)}, event.payload);
  // Stored by an earlier call whose outcome was unknown: its deliveries may have ended since.
  if (inserted == 0)
    return;
  for (const auto& target : added.fan_out)
    sql.insert_pending(target.subscription, event.id, target.shard, event.received_at,
                       event.priority);
  if (added.idempotent)
    sql.put_key(event.application, added.idempotent->key_hash, added.idempotent->body_hash,
                event.id, added.idempotent->expires_at);
}

appended_group append_group(append_statements& sql, const event_group& group) {
  auto decision = group_decision{sql}.decide(group);
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
        for (const auto& group : groups)
          appended.push_back(append_group(sql, group));
        return appended;
      });
}

}  // namespace talaria::persistence::sqlite
