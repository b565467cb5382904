#include "persistence/postgres/upkeep.hpp"

#include "persistence/postgres/partitions.hpp"
#include "persistence/sql/statement.hpp"

namespace talaria::persistence::postgres {

namespace {

constexpr std::chrono::days days_ahead{7};

struct purge_statements {
  explicit purge_statements(const sql::open_session& open) : open{open} {}

  sql::open_session open;

  sql::command<timestamp, std::int64_t> delete_keys{open, R"(
      delete from idempotency_keys where ctid = any(array(
        select ctid from idempotency_keys where expires_us <= :now
        order by expires_us limit :rows)))"};
};

}  // namespace

result<void> upkeep::prepare(timestamp now) {
  const auto today = std::chrono::floor<std::chrono::days>(now);
  return ensure_partitions(connection_, today, today + days_ahead);
}

result<std::size_t> upkeep::purge_idempotency_keys(timestamp now, std::size_t rows_max) {
  return sql::in_transaction<purge_statements>(
      connection_, "begin", [&](purge_statements& sql) -> result<std::size_t> {
        return sql.delete_keys(now, static_cast<std::int64_t>(rows_max));
      });
}

result<std::size_t> upkeep::purge_events(timestamp before, std::size_t /*events_max*/) {
  // An id may be of the day after its event was received, where a clock stepped back.
  const auto dropped = drop_partitions(connection_, std::chrono::floor<std::chrono::days>(before));
  if (!dropped)
    return tl::unexpected(dropped.error());
  return 0;
}

}  // namespace talaria::persistence::postgres
