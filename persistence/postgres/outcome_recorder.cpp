#include "persistence/postgres/outcome_recorder.hpp"

#include "persistence/postgres/locks.hpp"
#include "persistence/postgres/native_statement.hpp"
#include "persistence/sql/catalog_statements.hpp"
#include "persistence/sql/health_statements.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace talaria::persistence::postgres {

namespace {

using domain::delivery_status;
using type = array_parameter::type;

/// Answers with the outcomes that were not recorded: their positions, and whether they were fenced.
///
/// Shards and deliveries are to be found one by one, by their keys: what statistics say of tables
/// that change from minute to minute is not to be relied on. So an owner is compared in a way that
/// no index serves: of a new one they say that it owns nothing. And a delivery's subscription is
/// compared in a way that says nothing of the order of rows, without which PostgreSQL 15 considers
/// no bitmap in a queue that it takes for one row (`get_index_paths` of its planner). With the
/// recorder's `plans_by_key` a bitmap of the key is the only plan.
constexpr auto record_sql = R"(
    with lane as materialized (
      select from lanes
      where incarnation = $1 and lane = $2::int8 and alive and version = $17::int8 for share),
    made as materialized (
      select * from unnest($3::int4[], $4::uuid[], $5::int2[], $6::int8[], $7::int4[], $8::int4[],
                           $9::int2[], $10::int8[], $11::int8[], $12::int8[], $13::int2[],
                           $14::int2[], $15::text[], $16::text[])
        with ordinality
        as outcomes(subscription, event_id, shard, epoch, number, run_attempts, status, due_us,
                    started_us, duration_ms, status_code, error, node, response_body, position)),
    admitted as materialized (
      select made.* from lane, made
        join shards on shards.id = made.shard and shards.epoch = made.epoch
          and shards.owner is not distinct from $1),
    ended as (
      delete from delivery_queue q using admitted a
      where a.status <> 0 and q.subscription = any(array[a.subscription])
        and q.event_id = a.event_id and q.attempts = a.number - 1
      returning a.*, q.sequence),
    put_off as (
      update delivery_queue q
      set due_us = a.due_us, attempts = a.number, run_attempts = a.run_attempts
      from admitted a
      where a.status = 0 and q.subscription = any(array[a.subscription])
        and q.event_id = a.event_id and q.attempts = a.number - 1
      returning a.*, null::int8 as sequence),
    recorded as materialized (select * from ended union all select * from put_off),
    kept as (
      insert into attempts(event_id, subscription, number, duration_ms, started_us, next_due_us,
                           status_code, error, status, node, response_body, sequence)
      select event_id, subscription, number, duration_ms, started_us,
             case when status = 0 then due_us end, status_code, error, status, node, response_body,
             sequence
      from recorded)
    select position, position not in (select position from admitted) from made
    where position not in (select position from recorded))";

struct record_statements {
  explicit record_statements(const sql::open_session& open) : record{open, record_sql} {}

  native_statement record;
};

struct lane_statements {
  explicit lane_statements(const sql::open_session& open) : open{open} {}

  sql::open_session open;

  /// Under a lock of the node's row: whoever buries the node sees the lane, or it is not opened.
  sql::command<int, std::string> open_lane{open, R"(
      insert into lanes(incarnation, lane)
      select incarnation, :lane::integer from nodes where incarnation = :incarnation and status <> 2
      for share
      on conflict do nothing)"};
  sql::query<sql::row<std::int64_t>(std::string, int)> version{open, R"(
      select version from lanes where incarnation = :incarnation and lane = :lane and alive)"};
};

/// For what changes more than deliveries.
struct further_statements {
  explicit further_statements(const sql::open_session& open) : open{open} {}

  sql::open_session open;
  sql::revision_statements revision{open};
  sql::health_statements health{open};
  native_statement record{open, record_sql};

  sql::command<domain::disabled_reason, timestamp, std::int64_t, subscription_number> disable{open,
                                                                                              R"(
      update subscriptions set disabled = :reason, updated_us = :now, revision = :revision
      where number = :number and disabled = 0 and deleted_us is null)"};

  sql::query<sql::row<bool>(subscription_number)> is_enabled{open, R"(
      select exists(select 1 from subscriptions
                    where number = :number and disabled = 0 and deleted_us is null))"};

  /// As `record_sql` does it for outcomes.
  sql::query<sql::row<bool>(std::string, int, std::int64_t)> hold_lane{open, R"(
      select exists(select 1 from (
        select from lanes
        where incarnation = :incarnation and lane = :lane and alive and version = :version
        for share)
        held))"};

  sql::query<sql::row<bool>(shard_id, std::string, fencing_epoch)> owns{open, R"(
      select exists(select 1 from shards
                    where id = :shard and owner = :node and epoch = :epoch))"};
};

/// Outcomes as parameters of `record_sql`.
class outcome_rows {
public:
  explicit outcome_rows(std::span<const outcome> outcomes) {
    for (const auto& made : outcomes)
      add(made);
  }

  /// Writes down those that were not recorded.
  void record(native_statement& statement, std::string_view node, const held_lane& lane,
              std::span<record_status> statuses) {
    const auto lane_number = to_parameter(lane.number);
    const auto lane_version = to_parameter(lane.version);
    const std::array<std::string_view, 17> parameters{
        node,
        lane_number,
        subscription_.finish(),
        event_.finish(),
        shard_.finish(),
        epoch_.finish(),
        number_.finish(),
        run_attempts_.finish(),
        status_.finish(),
        due_.finish(),
        started_.finish(),
        duration_.finish(),
        status_code_.finish(),
        error_.finish(),
        node_.finish(),
        response_body_.finish(),
        lane_version,
    };
    const auto others = statement(parameters);
    std::ranges::fill(statuses, record_status::recorded);
    for (std::size_t row = 0; row < others.size(); ++row) {
      const auto position = static_cast<std::size_t>(others.number(row, 0)) - 1;
      statuses[position] =
          others.text(row, 1) == "t" ? record_status::fenced : record_status::not_pending;
    }
  }

private:
  void add(const outcome& made) {
    subscription_.add(static_cast<std::int32_t>(domain::to_integer(made.delivery.subscription)));
    event_.add(made.delivery.event.value);
    shard_.add(static_cast<std::int16_t>(made.shard));
    epoch_.add(static_cast<std::int64_t>(made.epoch));
    number_.add(static_cast<std::int32_t>(made.attempt.number));
    run_attempts_.add(static_cast<std::int32_t>(made.run_attempts));
    status_.add(static_cast<std::int16_t>(made.status));
    due_.add(made.due);
    started_.add(made.attempt.started_at);
    duration_.add(std::int64_t{made.attempt.duration.count()});
    status_code_.add(static_cast<std::int16_t>(made.attempt.status_code));
    error_.add(static_cast<std::int16_t>(made.attempt.error));
    node_.add(std::string_view{made.attempt.node});
    response_body_.add(std::string_view{made.attempt.response_body});
  }

  array_parameter subscription_{type::int4};
  array_parameter event_{type::uuid};
  array_parameter shard_{type::int2};
  array_parameter epoch_{type::int8};
  array_parameter number_{type::int4};
  array_parameter run_attempts_{type::int4};
  array_parameter status_{type::int2};
  array_parameter due_{type::int8};
  array_parameter started_{type::int8};
  array_parameter duration_{type::int8};
  array_parameter status_code_{type::int2};
  array_parameter error_{type::int2};
  array_parameter node_{type::text};
  array_parameter response_body_{type::text};
};

/// How many of the outcomes, from the first on, are of different deliveries: a statement sees each
/// row as it was before it.
std::size_t different_deliveries(std::span<const outcome> outcomes) {
  std::set<domain::delivery_id> seen;
  const auto repeated = std::ranges::find_if(
      outcomes, [&](const outcome& made) { return !seen.insert(made.delivery).second; });
  return static_cast<std::size_t>(repeated - outcomes.begin());
}

/// A subscription that is disabled already, or deleted, is no change of the catalogue.
void disable_subscription(further_statements& sql, subscription_number number,
                          domain::disabled_reason reason, timestamp now) {
  if (sql.is_enabled.value(number))
    sql.disable(reason, now, sql.revision.raise(), number);
}

void follow_up(further_statements& sql, const outcome& made) {
  if (made.receiver_gone)
    disable_subscription(sql, made.delivery.subscription, domain::disabled_reason::gone,
                         made.attempt.started_at + made.attempt.duration);
  sql.health.telling.write(made.tells);
}

record_status record_one(further_statements& sql, std::string_view node,
                         const health_change& change) {
  if (!sql.owns.value(change.shard, std::string{node}, change.epoch))
    return record_status::fenced;
  return sql.health.record(change,
                           [&](auto... disabling) { disable_subscription(sql, disabling...); });
}

const char* begin_for(bool changes_catalog) {
  return changes_catalog ? begin_catalog_write : "begin";
}

}  // namespace

result<std::vector<record_status>> outcome_recorder::record(std::string_view node,
                                                            std::span<const outcome> outcomes) {
  if (auto opened = open_lane(node); !opened)
    return tl::unexpected(opened.error());
  std::vector<record_status> statuses;
  for (auto left = outcomes; !left.empty();) {
    const auto part = left.first(different_deliveries(left));
    const auto recorded = on_current_lane([&] { return record_part(part); });
    if (!recorded)
      return tl::unexpected(recorded.error());
    statuses.insert(statuses.end(), recorded->begin(), recorded->end());
    left = left.subspan(part.size());
  }
  return statuses;
}

result<void> outcome_recorder::open_lane(std::string_view node) {
  if (node_ == node)
    return {};
  auto opened = sql::in_transaction<lane_statements>(
      connection_, "begin", [&](lane_statements& sql) -> result<void> {
        sql.open_lane(lane_.number, std::string{node});
        const auto version = sql.version.first(std::string{node}, lane_.number);
        lane_.version = version ? std::get<0>(*version) : 0;
        return {};
      });
  if (opened)
    node_ = node;
  return opened;
}

result<std::vector<record_status>> outcome_recorder::on_current_lane(
    const std::function<result<std::vector<record_status>>()>& write) {
  const auto is_fenced = [](record_status status) { return status == record_status::fenced; };
  while (true) {
    auto written = write();
    // All may be fenced only because shards were released meanwhile, be it other ones.
    if (!written || !std::ranges::all_of(*written, is_fenced))
      return written;
    const auto moved_on = see_lane();
    if (!moved_on)
      return tl::unexpected(moved_on.error());
    if (!*moved_on)
      return written;
  }
}

result<bool> outcome_recorder::see_lane() {
  return sql::in_transaction<lane_statements>(
      connection_, "begin", [&](lane_statements& sql) -> result<bool> {
        const auto found = sql.version.first(node_, lane_.number);
        if (!found)
          return false;
        const auto former = std::exchange(lane_.version, std::get<0>(*found));
        return former != lane_.version;
      });
}

result<std::vector<record_status>> outcome_recorder::record_part(
    std::span<const outcome> outcomes) {
  std::vector<record_status> made(outcomes.size());
  outcome_rows rows{outcomes};
  const auto record = [&](record_statements& sql) -> result<void> {
    rows.record(sql.record, node_, lane_, made);
    return {};
  };
  const auto record_and_follow_up = [&](further_statements& sql) -> result<void> {
    rows.record(sql.record, node_, lane_, made);
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
      if (made[i] == record_status::recorded)
        follow_up(sql, outcomes[i]);
    }
    return {};
  };
  const bool someone_is_gone = std::ranges::any_of(outcomes, &outcome::receiver_gone);
  const bool something_to_tell =
      std::ranges::any_of(outcomes, [](const outcome& each) { return !each.tells.empty(); });
  auto recorded = someone_is_gone || something_to_tell
                      ? sql::in_transaction<further_statements>(
                            connection_, begin_for(someone_is_gone), record_and_follow_up)
                      : sql::in_transaction<record_statements>(connection_, nullptr, record);
  if (!recorded)
    return tl::unexpected(recorded.error());
  return made;
}

result<std::vector<record_status>> outcome_recorder::record_health(
    std::string_view node, std::span<const health_change> changes) {
  if (auto opened = open_lane(node); !opened)
    return tl::unexpected(opened.error());
  return on_current_lane([&] { return record_health_part(changes); });
}

result<std::vector<record_status>> outcome_recorder::record_health_part(
    std::span<const health_change> changes) {
  const bool someone_is_given_up = std::ranges::any_of(changes, &health_change::given_up);
  return sql::in_transaction<further_statements>(
      connection_, begin_for(someone_is_given_up),
      [&](further_statements& sql) -> result<std::vector<record_status>> {
        if (!sql.hold_lane.value(node_, lane_.number, lane_.version))
          return std::vector<record_status>(changes.size(), record_status::fenced);
        std::vector<record_status> statuses;
        for (const auto& change : changes)
          statuses.push_back(record_one(sql, node_, change));
        return statuses;
      });
}

}  // namespace talaria::persistence::postgres
