#include "persistence/sqlite/upkeep.hpp"

#include "persistence/sql/paging.hpp"
#include "persistence/sql/statement.hpp"

#include <cstdint>

namespace talaria::persistence::sqlite {

namespace {

using domain::event_id;
using sql::command;
using sql::open_session;
using sql::query;
using sql::row;

const std::string has_no_pending_delivery =
    "not exists(select 1 from json_each(events.fan_out) target cross join delivery_queue q "
    "on q.subscription = target.value and q.event_id = events.id)";

struct purge_reads {
  explicit purge_reads(const open_session& open) : open{open} {}

  open_session open;

  query<row<event_id>(event_id, domain::uuid, timestamp, std::int64_t)> candidates{
      open,
      "select id from events where id > :after::uuid and id < :end::uuid "
      "and received_us < :before and " +
          has_no_pending_delivery + " order by id limit :rows"};
};

struct purge_writes {
  explicit purge_writes(const open_session& open) : open{open} {}

  open_session open;

  command<timestamp, std::int64_t> delete_keys{open, R"(
      delete from idempotency_keys where (application_id, key_hash) in (
        select application_id, key_hash from idempotency_keys where expires_us <= :now
        order by expires_us limit :rows))"};

  command<event_id> delete_event{
      open, "delete from events where id = :id::uuid and " + has_no_pending_delivery};

  command<event_id> delete_attempts{open, "delete from attempts where event_id = :event::uuid"};
};

}  // namespace

result<std::size_t> upkeep::purge_idempotency_keys(timestamp now, std::size_t rows_max) {
  return access_->write<purge_writes>([&](purge_writes& sql) -> result<std::size_t> {
    return sql.delete_keys(now, static_cast<std::int64_t>(rows_max));
  });
}

result<std::vector<event_id>> upkeep::purgeable(timestamp before, std::size_t events_max) {
  const auto read = [&](purge_reads& sql) -> result<std::vector<event_id>> {
    std::vector<event_id> ids;
    sql.candidates.each([&](const event_id& id) { ids.push_back(id); }, looked_at_,
                        domain::first_uuid_at(before + sql::id_time_tolerance), before,
                        static_cast<std::int64_t>(events_max));
    return ids;
  };
  return access_->read<purge_reads>(read);
}

result<std::size_t> upkeep::purge_events(timestamp before, std::size_t events_max) {
  const auto ids = purgeable(before, events_max);
  if (!ids)
    return tl::unexpected(ids.error());
  auto deleted = access_->write<purge_writes>([&](purge_writes& sql) -> result<std::size_t> {
    std::size_t count = 0;
    for (const auto& id : *ids) {
      // Looked at again: it may have been replayed since.
      if (sql.delete_event(id) == 0)
        continue;
      sql.delete_attempts(id);
      ++count;
    }
    return count;
  });
  if (deleted)
    looked_at_ = ids->size() < events_max ? event_id{} : ids->back();
  return deleted;
}

}  // namespace talaria::persistence::sqlite
