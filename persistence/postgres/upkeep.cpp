#include "persistence/postgres/upkeep.hpp"

#include "persistence/postgres/partitions.hpp"
#include "persistence/sql/catalog_statements.hpp"

#include <algorithm>

namespace talaria::persistence::postgres {

namespace {

constexpr std::chrono::days days_ahead{7};

/// Far more than an append can take, and the clocks of nodes differ.
constexpr std::chrono::minutes orphans_appear_within{10};

struct orphan_statements {
  explicit orphan_statements(const sql::open_session& open) : open{open} {}

  sql::open_session open;
  sql::pending_statements pending{open};

  sql::query<sql::row<subscription_number>(timestamp)> orphaned{open, R"(
      select number from subscriptions s
      where deleted_us > :since
        and exists (select 1 from delivery_queue q where q.subscription = s.number))"};
};

struct purge_statements {
  explicit purge_statements(const sql::open_session& open) : open{open} {}

  sql::open_session open;

  sql::command<timestamp, std::int64_t> delete_keys{open, R"(
      delete from idempotency_keys where ctid = any(array(
        select ctid from idempotency_keys where expires_us <= :now
        order by expires_us limit :rows)))"};

  sql::command<timestamp, std::int64_t> delete_creations{open, R"(
      delete from creations where ctid = any(array(
        select ctid from creations where expires_us <= :now
        order by expires_us limit :rows)))"};

  sql::command<domain::uuid, std::int64_t> delete_audit_entries{open, R"(
      delete from audit_entries where ctid = any(array(
        select ctid from audit_entries where id < :end::uuid order by id limit :rows)))"};
};

struct retention_statements {
  explicit retention_statements(const sql::open_session& open) : open{open} {}

  sql::open_session open;

  sql::query<sql::row<std::uint32_t>()> longest{open, R"(
      select coalesce(max(retention_days), 0) from applications where deleted_us is null)"};
};

}  // namespace

result<void> upkeep::prepare(timestamp now) {
  const auto today = std::chrono::floor<std::chrono::days>(now);
  return ensure_partitions(connection_, today, today + days_ahead);
}

result<std::size_t> upkeep::cancel_orphans(timestamp now) {
  return sql::in_transaction<orphan_statements>(
      connection_, "begin", [&](orphan_statements& sql) -> result<std::size_t> {
        std::vector<subscription_number> numbers;
        sql.orphaned.each([&](subscription_number number) { numbers.push_back(number); },
                          now - orphans_appear_within);
        for (const auto number : numbers)
          sql.pending.cancel(number, now);
        return numbers.size();
      });
}

result<std::size_t> upkeep::purge_idempotency_keys(timestamp now, std::size_t rows_max) {
  return sql::in_transaction<purge_statements>(
      connection_, "begin", [&](purge_statements& sql) -> result<std::size_t> {
        return sql.delete_keys(now, static_cast<std::int64_t>(rows_max));
      });
}

result<std::size_t> upkeep::purge_creations(timestamp now, std::size_t rows_max) {
  return sql::in_transaction<purge_statements>(
      connection_, "begin", [&](purge_statements& sql) -> result<std::size_t> {
        return sql.delete_creations(now, static_cast<std::int64_t>(rows_max));
      });
}

result<std::size_t> upkeep::purge_audit_entries(timestamp until, std::size_t rows_max) {
  return sql::in_transaction<purge_statements>(
      connection_, "begin", [&](purge_statements& sql) -> result<std::size_t> {
        return sql.delete_audit_entries(domain::first_uuid_at(until),
                                        static_cast<std::int64_t>(rows_max));
      });
}

result<std::size_t> upkeep::purge_events(timestamp now, std::chrono::days default_retention,
                                         std::size_t /*events_max*/) {
  // A day holds events of all applications, so the longest retention decides.
  const auto longest = sql::in_transaction<retention_statements>(
      connection_, "begin", [](retention_statements& sql) -> result<std::chrono::days> {
        return std::chrono::days{sql.longest.value()};
      });
  if (!longest)
    return tl::unexpected(longest.error());
  const auto before = now - std::max(*longest, default_retention);
  const auto dropped = drop_partitions(connection_, std::chrono::floor<std::chrono::days>(before));
  if (!dropped)
    return tl::unexpected(dropped.error());
  return 0;
}

}  // namespace talaria::persistence::postgres
