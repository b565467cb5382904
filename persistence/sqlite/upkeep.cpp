#include "persistence/sqlite/upkeep.hpp"

#include "persistence/sql/expiry.hpp"
#include "persistence/sql/statement.hpp"

#include <cstdint>

namespace talaria::persistence::sqlite {

namespace {

using domain::application_id;
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

  /// Those that were deleted, too: their events are still there.
  query<row<application_id, std::optional<std::uint32_t>>(application_id)> applications{open, R"(
      select id, retention_days from applications where id >= :first::uuid order by id)"};

  query<row<event_id>(application_id, event_id, domain::uuid, std::int64_t)> candidates{
      open,
      "select id from events indexed by events_by_application "
      "where application_id = :application::uuid and id > :after::uuid and id < :end::uuid and " +
          has_no_pending_delivery + " order by id limit :rows"};
};

struct purge_writes {
  explicit purge_writes(const open_session& open) : open{open} {}

  open_session open;

  command<timestamp, std::int64_t> delete_keys{open, R"(
      delete from idempotency_keys where (application_id, key_hash) in (
        select application_id, key_hash from idempotency_keys where expires_us <= :now
        order by expires_us limit :rows))"};

  command<timestamp, std::int64_t> delete_creations{open, R"(
      delete from creations where (organization_id, key_hash) in (
        select organization_id, key_hash from creations where expires_us <= :now
        order by expires_us limit :rows))"};

  command<domain::uuid, std::int64_t> delete_audit_entries{open, R"(
      delete from audit_entries where id in (
        select id from audit_entries where id < :end::uuid order by id limit :rows))"};

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

result<std::size_t> upkeep::purge_creations(timestamp now, std::size_t rows_max) {
  return access_->write<purge_writes>([&](purge_writes& sql) -> result<std::size_t> {
    return sql.delete_creations(now, static_cast<std::int64_t>(rows_max));
  });
}

result<std::size_t> upkeep::purge_audit_entries(timestamp until, std::size_t rows_max) {
  return access_->write<purge_writes>([&](purge_writes& sql) -> result<std::size_t> {
    return sql.delete_audit_entries(domain::first_uuid_at(until),
                                    static_cast<std::int64_t>(rows_max));
  });
}

result<std::vector<upkeep::position>> upkeep::purgeable(timestamp now,
                                                        std::chrono::days default_retention,
                                                        std::size_t events_max) {
  const auto read = [&](purge_reads& sql) -> result<std::vector<position>> {
    std::vector<position> found;
    sql.applications.each(
        [&](const application_id& application, std::optional<std::uint32_t> retention_days) {
          const auto after = application == looked_at_.application ? looked_at_.event : event_id{};
          const auto kept_from = sql::first_kept({now, default_retention}, retention_days);
          sql.candidates.each(
              [&](const event_id& id) {
                found.push_back({application, id});
              },
              application, after, kept_from, static_cast<std::int64_t>(events_max - found.size()));
          return found.size() < events_max;
        },
        looked_at_.application);
    return found;
  };
  return access_->read<purge_reads>(read);
}

result<std::size_t> upkeep::purge_events(timestamp now, std::chrono::days default_retention,
                                         std::size_t events_max) {
  const auto expired = purgeable(now, default_retention, events_max);
  if (!expired)
    return tl::unexpected(expired.error());
  auto deleted = access_->write<purge_writes>([&](purge_writes& sql) -> result<std::size_t> {
    std::size_t count = 0;
    for (const auto& [application, id] : *expired) {
      // Looked at again: it may have been replayed since.
      if (sql.delete_event(id) == 0)
        continue;
      sql.delete_attempts(id);
      ++count;
    }
    return count;
  });
  if (deleted)
    looked_at_ = expired->size() < events_max ? position{} : expired->back();
  return deleted;
}

}  // namespace talaria::persistence::sqlite
