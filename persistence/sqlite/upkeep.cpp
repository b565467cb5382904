#include "persistence/sqlite/upkeep.hpp"

#include "persistence/sqlite/paging.hpp"
#include "persistence/sqlite/statement.hpp"

#include <cstdint>

namespace talaria::persistence::sqlite {

namespace {

using domain::event_id;

const std::string has_no_pending_delivery =
    "not exists(select 1 from json_each(events.fan_out) target cross join delivery_queue q "
    "on q.subscription = target.value and q.event_id = events.id)";

struct purge_reads {
  explicit purge_reads(soci::session& session) : session{session} {}

  soci::session& session;

  query<row<event_id>(event_id, domain::uuid, timestamp, std::int64_t)> candidates{
      session,
      "select id from events where id > cast(:after as blob) and id < cast(:end as blob) "
      "and received_us < :before and " +
          has_no_pending_delivery + " order by id limit :rows"};
};

struct purge_writes {
  explicit purge_writes(soci::session& session) : session{session} {}

  soci::session& session;

  command<timestamp, std::int64_t> delete_keys{session, R"(
      delete from idempotency_keys where (application_id, key_hash) in (
        select application_id, key_hash from idempotency_keys where expires_us <= :now
        order by expires_us limit :rows))"};

  command<event_id> delete_event{
      session, "delete from events where id = cast(:id as blob) and " + has_no_pending_delivery};

  command<event_id> delete_attempts{session,
                                    "delete from attempts where event_id = cast(:event as blob)"};
};

}  // namespace

result<std::size_t> upkeep::purge_idempotency_keys(timestamp now, std::size_t rows_max) {
  return database_.write<purge_writes>([&](purge_writes& sql) -> result<std::size_t> {
    return sql.delete_keys(now, static_cast<std::int64_t>(rows_max));
  });
}

result<std::vector<event_id>> upkeep::purgeable(timestamp before, std::size_t events_max) {
  const auto read = [&](purge_reads& sql) -> result<std::vector<event_id>> {
    std::vector<event_id> ids;
    sql.candidates.each([&](const event_id& id) { ids.push_back(id); }, looked_at_,
                        domain::first_uuid_at(before + id_time_tolerance), before,
                        static_cast<std::int64_t>(events_max));
    return ids;
  };
  return in_transaction<purge_reads>(connection_, "begin", read);
}

result<std::size_t> upkeep::purge_events(timestamp before, std::size_t events_max) {
  const auto ids = purgeable(before, events_max);
  if (!ids)
    return tl::unexpected(ids.error());
  auto deleted = database_.write<purge_writes>([&](purge_writes& sql) -> result<std::size_t> {
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
