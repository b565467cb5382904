#include "persistence/sql/queue_reader.hpp"

#include "persistence/sql/sequence_statements.hpp"
#include "persistence/sql/statement.hpp"
#include "persistence/sql/trace_columns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bitset>

namespace talaria::persistence::sql {

namespace {

/// The columns of a pending delivery and its event, read through one of the queue's indexes:
/// `ordered join` keeps the order of the tables.
std::string select_pending(std::string_view index, std::string_view rest) {
  return fmt::format(
      "select q.event_id, q.due_us, q.attempts, q.run_attempts, q.sequence, e.application_id, "
      "e.event_type, e.labels, e.occurred_us, e.received_us, e.priority, e.payload, "
      "coalesce(e.traceparent, ''), coalesce(e.tracestate, '') "
      "from delivery_queue q indexed by {} ordered join events e on e.id = q.event_id "
      "where q.subscription = :subscription {}",
      index, rest);
}

/// Always holds; to be stated by who looks through PostgreSQL's `delivery_queue_by_due`, which is
/// there for nobody else.
constexpr std::string_view is_in_due_index = "q.attempts >= 0";

/// Whether the priority of a row `q` is none of those that are held.
constexpr std::string_view is_not_held =
    "((cast(:held as integer) >> cast(q.priority as integer)) & 1) = 0";

using pending_row =
    row<domain::event_id, timestamp, std::uint32_t, std::uint32_t, std::optional<std::uint64_t>,
        domain::application_id, std::string, std::string, timestamp, timestamp, domain::priority,
        payload, std::string, std::string>;

struct queue_statements {
  explicit queue_statements(const open_session& open) : open{open} {}

  open_session open;

  query<pending_row(subscription_number, timestamp, timestamp, domain::event_id, std::uint32_t,
                    std::size_t)>
      due{open, select_pending("delivery_queue_by_due",
                               fmt::format("and q.due_us <= :until "
                                           "and (q.due_us, q.event_id) > (:after, "
                                           ":after_event::uuid) and {} and {} "
                                           "order by q.due_us, q.event_id limit :rows",
                                           is_in_due_index, is_not_held))};

  query<row<timestamp>(subscription_number, timestamp, std::uint32_t)> next_due{
      open, fmt::format("select due_us from delivery_queue q indexed by delivery_queue_by_due "
                        "where subscription = :subscription and due_us > :until and {} and {} "
                        "order by due_us limit 1",
                        is_in_due_index, is_not_held)};

  query<pending_row(subscription_number, std::int64_t, std::size_t)> in_order{
      open, select_pending("delivery_queue_by_sequence",
                           "and q.sequence > :after order by q.sequence limit :rows")};

  query<row<bool>(subscription_number)> any_without_place{open, R"(
      select exists(select 1 from delivery_queue
                    where subscription = :subscription and sequence is null))"};

  query<row<subscription_number, shard_id>(timestamp, timestamp)> due_between{open, R"(
      select distinct subscription, shard from delivery_queue indexed by delivery_queue_sweep
      where due_us > :after and due_us <= :until order by subscription)"};
};

struct placing_statements {
  explicit placing_statements(const open_session& open) : open{open} {}

  open_session open;
  sequence_statements sequences{open};
};

pending_delivery to_delivery(pending_row& columns) {
  auto& [id, due, attempts, run_attempts, sequence, application, type, labels, occurred, received,
         priority, stored, traceparent, tracestate] = columns;
  return {
      std::make_shared<const domain::event>(domain::event{
          id, application, std::move(type), std::move(stored.bytes), domain::parse_labels(labels),
          occurred, received, priority, read_trace(traceparent, std::move(tracestate))}),
      {attempts, run_attempts, due},
      sequence};
}

/// Fills a page in a few reads: a database's client may hold all rows of an answer in memory, and
/// payloads can be large.
class page_filling {
public:
  page_filling(queue_statements& sql, const pending_query& wanted) : sql_{sql}, wanted_{wanted} {}

  pending_page fill() {
    bool more = true;
    while (more && !has_ended_) {
      const auto rows = rows_to_read();
      more = read(rows) == rows;
    }
    if (!has_ended_ && !is_ordered()) {
      if (const auto next =
              sql_.next_due.first(wanted_.subscription, wanted_.until, wanted_.held.bits()))
        page_.next_due = std::get<0>(*next);
    }
    return std::move(page_);
  }

private:
  static constexpr std::size_t first_rows = 32;

  /// As many as are expected to fit by the mean of those that were read, and one that does not.
  std::size_t rows_to_read() const {
    const auto deliveries_left = wanted_.deliveries_max - page_.deliveries.size();
    if (page_.deliveries.empty())
      return std::min(deliveries_left, first_rows) + 1;
    const auto mean = payload_bytes_ / page_.deliveries.size() + 1;
    const auto bytes_left =
        wanted_.payload_bytes_max - std::min(wanted_.payload_bytes_max, payload_bytes_);
    return std::min(deliveries_left, bytes_left / mean) + 1;
  }

  /// @returns how many rows there were.
  std::size_t read(std::size_t rows_max) {
    std::size_t rows = 0;
    const auto take = [&](auto&... columns) {
      ++rows;
      pending_row row{std::move(columns)...};
      return add(to_delivery(row));
    };
    if (is_ordered())
      sql_.in_order.each(take, wanted_.subscription, after_.sequence, rows_max);
    else
      sql_.due.each(take, wanted_.subscription, wanted_.until, after_.due, after_.event,
                    wanted_.held.bits(), rows_max);
    return rows;
  }

  /// @returns whether to go on.
  bool add(pending_delivery delivery) {
    if (is_ordered() && wanted_.held.contains(delivery.event->priority)) {
      has_ended_ = true;
      return false;
    }
    if (!fits(delivery) || holds_up(delivery)) {
      has_ended_ = true;
      page_.next_due = delivery.progress.due;
      return false;
    }
    payload_bytes_ += delivery.event->payload.size();
    after_ = {delivery.event->id, delivery.progress.due,
              static_cast<std::int64_t>(delivery.sequence.value_or(0))};
    page_.deliveries.push_back(std::move(delivery));
    return true;
  }

  bool is_ordered() const { return wanted_.ordering == domain::ordering::fifo; }

  bool fits(const pending_delivery& delivery) const {
    return page_.deliveries.empty() ||
           (page_.deliveries.size() < wanted_.deliveries_max &&
            payload_bytes_ + delivery.event->payload.size() <= wanted_.payload_bytes_max);
  }

  /// Whether a delivery keeps all others of its order waiting.
  bool holds_up(const pending_delivery& delivery) const {
    return is_ordered() && page_.deliveries.empty() && delivery.progress.due > wanted_.until;
  }

  struct position {
    domain::event_id event;
    timestamp due = timestamp::min();
    std::int64_t sequence = 0;
  };

  queue_statements& sql_;
  const pending_query& wanted_;
  position after_;
  std::size_t payload_bytes_ = 0;
  bool has_ended_ = false;
  pending_page page_;
};

}  // namespace

result<pending_page> queue_reader::page(const pending_query& wanted) {
  bool has_unplaced = false;
  const auto read = [&](queue_statements& sql) -> result<pending_page> {
    auto page = page_filling{sql, wanted}.fill();
    has_unplaced = wanted.ordering == domain::ordering::fifo && page.deliveries.empty() &&
                   !page.next_due && sql.any_without_place.value(wanted.subscription);
    return page;
  };
  auto page = access_->read<queue_statements>(read);
  if (!page || !has_unplaced)
    return page;
  const auto placed =
      access_->write<placing_statements>([&](placing_statements& sql) -> result<void> {
        sql.sequences.begin(wanted.subscription);
        return {};
      });
  if (!placed)
    return tl::unexpected(placed.error());
  return access_->read<queue_statements>(read);
}

result<std::vector<subscription_number>> queue_reader::due_subscriptions(
    std::span<const shard_id> shards, timestamp after, timestamp until) {
  std::bitset<shard_count> wanted;
  for (const auto shard : shards)
    wanted.set(static_cast<std::size_t>(shard));
  if (shards.empty())
    wanted.set();
  const auto read = [&](queue_statements& sql) -> result<std::vector<subscription_number>> {
    std::vector<subscription_number> due;
    sql.due_between.each(
        [&](subscription_number subscription, shard_id shard) {
          if (wanted.test(static_cast<std::size_t>(shard)))
            due.push_back(subscription);
        },
        after, until);
    return due;
  };
  return access_->read<queue_statements>(read);
}

}  // namespace talaria::persistence::sql
