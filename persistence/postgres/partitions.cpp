#include "persistence/postgres/partitions.hpp"

#include "persistence/postgres/connector.hpp"
#include "persistence/postgres/locks.hpp"
#include "persistence/sql/statement.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <array>

namespace talaria::persistence::postgres {

namespace {

using domain::result;

/// Attempts first: what goes with them is found through the events.
constexpr std::array<std::string_view, 2> tables{"attempts", "events"};

struct partition_statements {
  explicit partition_statements(const sql::open_session& open) : open{open} {}

  sql::open_session open;

  // Not by to_regclass, which may answer from before a lock was waited for.
  sql::query<sql::row<bool>(std::string)> is_attached{open, R"(
      select exists(select 1 from pg_inherits join pg_class on pg_class.oid = inhrelid
                    where relname = :name
                      and relnamespace = to_regnamespace(cast(current_schema() as text))))"};

  sql::query<sql::row<std::string, bool>(std::string)> attached{open, R"(
      select cast(inhrelid as regclass)::text, inhdetachpending from pg_inherits
      where inhparent = to_regclass(cast(:parent as text)) order by 1)"};

  sql::query<sql::row<bool>(domain::uuid, domain::uuid)> has_pending{open, R"(
      select exists(select 1 from delivery_queue
                    where event_id >= :first::uuid and event_id < :end::uuid))"};
};

std::string name_of(std::string_view table, day date) {
  const std::chrono::year_month_day calendar{date};
  return fmt::format("{}_{:04}{:02}{:02}", table, static_cast<int>(calendar.year()),
                     static_cast<unsigned>(calendar.month()),
                     static_cast<unsigned>(calendar.day()));
}

/// @returns nothing for a name that is not ours.
std::optional<day> date_of(std::string_view table, std::string_view name) {
  const auto digits = name.substr(std::min(name.size(), table.size() + 1));
  if (digits.size() != 8 || digits.find_first_not_of("0123456789") != std::string_view::npos)
    return std::nullopt;
  const auto number = std::stoi(std::string{digits});
  const std::chrono::year_month_day calendar{
      std::chrono::year{number / 10'000},
      std::chrono::month{static_cast<unsigned>(number / 100 % 100)},
      std::chrono::day{static_cast<unsigned>(number % 100)}};
  if (!calendar.ok())
    return std::nullopt;
  return day{calendar};
}

domain::uuid first_id(day date) {
  return domain::first_uuid_at(date);
}

std::string attach_sql(std::string_view table, day date) {
  return fmt::format("alter table {} attach partition {} for values from ('{}') to ('{}')", table,
                     name_of(table, date), domain::to_string(first_id(date)),
                     domain::to_string(first_id(date + std::chrono::days{1})));
}

void make(partition_statements& sql, std::string_view table, day date) {
  const auto name = name_of(table, date);
  if (sql.is_attached.value(name))
    return;
  auto& session = sql.open.session;
  // Made by itself and attached, which needs no lock that writers of other days would wait for.
  execute(session,
          fmt::format("create table if not exists {} (like {} including all)", name, table));
  execute(session, attach_sql(table, date));
}

bool all_attached(partition_statements& sql, day first, day last) {
  for (auto date = first; date <= last; date += std::chrono::days{1}) {
    for (const auto table : tables) {
      if (!sql.is_attached.value(name_of(table, date)))
        return false;
    }
  }
  return true;
}

/// Runs statements that cannot stand in a transaction.
template <class Work>
auto outside_transactions(sql::connection& connection, Work work) {
  return sql::in_transaction<partition_statements>(connection, nullptr, work);
}

result<bool> has_pending(sql::connection& connection, day date) {
  return outside_transactions(connection, [&](partition_statements& sql) -> result<bool> {
    return sql.has_pending.value(first_id(date), first_id(date + std::chrono::days{1}));
  });
}

/// Without keeping readers or writers waiting; an attempt that was interrupted is ended.
void detach(partition_statements& sql, std::string_view table, day date, bool interrupted) {
  execute(sql.open.session,
          fmt::format("alter table {} detach partition {} {}", table, name_of(table, date),
                      interrupted ? "finalize" : "concurrently"));
}

struct found_partition {
  std::string_view table;
  day date;
  bool detach_interrupted = false;
};

std::vector<found_partition> partitions_before(partition_statements& sql, std::string_view table,
                                               day end) {
  std::vector<found_partition> found;
  sql.attached.each(
      [&](const std::string& name, bool interrupted) {
        const auto date = date_of(table, name);
        if (date && *date < end)
          found.push_back({table, *date, interrupted});
      },
      std::string{table});
  return found;
}

result<void> drop(sql::connection& connection, const found_partition& partition) {
  return outside_transactions(connection, [&](partition_statements& sql) -> result<void> {
    detach(sql, partition.table, partition.date, partition.detach_interrupted);
    // A delivery may have been retried meanwhile: from here on its event is not found.
    if (sql.has_pending.value(first_id(partition.date),
                              first_id(partition.date + std::chrono::days{1}))) {
      execute(sql.open.session, attach_sql(partition.table, partition.date));
      return {};
    }
    execute(sql.open.session,
            fmt::format("drop table {}", name_of(partition.table, partition.date)));
    spdlog::info("dropped {}", name_of(partition.table, partition.date));
    return {};
  });
}

}  // namespace

day day_of(const domain::event_id& id) {
  return std::chrono::floor<std::chrono::days>(domain::time_of(id.value));
}

result<void> ensure_partitions(sql::connection& connection, day first, day last) {
  return sql::in_transaction<partition_statements>(
      connection, "begin", [&](partition_statements& sql) -> result<void> {
        if (all_attached(sql, first, last))
          return {};
        execute(sql.open.session, lock_partitions);
        for (auto date = first; date <= last; date += std::chrono::days{1}) {
          for (const auto table : tables)
            make(sql, table, date);
        }
        return {};
      });
}

result<std::size_t> drop_partitions(sql::connection& connection, day end) {
  const auto old = outside_transactions(
      connection, [&](partition_statements& sql) -> result<std::vector<found_partition>> {
        auto found = partitions_before(sql, tables[0], end);
        const auto events = partitions_before(sql, tables[1], end);
        found.insert(found.end(), events.begin(), events.end());
        return found;
      });
  if (!old)
    return tl::unexpected(old.error());
  std::size_t days = 0;
  for (const auto& partition : *old) {
    const auto pending = has_pending(connection, partition.date);
    if (!pending)
      return tl::unexpected(pending.error());
    if (*pending)
      continue;
    if (auto dropped = drop(connection, partition); !dropped)
      return tl::unexpected(dropped.error());
    days += partition.table == tables[1] ? 1U : 0U;
  }
  return days;
}

}  // namespace talaria::persistence::postgres
