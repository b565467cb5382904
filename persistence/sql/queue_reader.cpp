#include "persistence/sql/queue_reader.hpp"

#include "persistence/sql/statement.hpp"

#include <algorithm>
#include <bitset>

namespace talaria::persistence::sql {

namespace {

struct queue_statements {
  explicit queue_statements(const open_session& open) : open{open} {}

  open_session open;

  // `ordered join` keeps the order of the tables: the queue's index decides what is read.
  query<row<domain::event_id, timestamp, std::uint32_t, std::uint32_t, domain::application_id,
            std::string, std::string, timestamp, timestamp, domain::priority, payload>(
      subscription_number, timestamp, timestamp, domain::event_id, std::size_t)>
      due{open, R"(
      select q.event_id, q.due_us, q.attempts, q.run_attempts, e.application_id, e.event_type,
             e.labels, e.occurred_us, e.received_us, e.priority, e.payload
      from delivery_queue q indexed by delivery_queue_by_due ordered join events e on e.id = q.event_id
      where q.subscription = :subscription and q.due_us <= :until
        and (q.due_us, q.event_id) > (:after, :after_event::uuid)
      order by q.due_us, q.event_id limit :rows)"};

  query<row<timestamp>(subscription_number, timestamp)> next_due{open, R"(
      select due_us from delivery_queue indexed by delivery_queue_by_due
      where subscription = :subscription and due_us > :until
      order by due_us limit 1)"};

  query<row<subscription_number, shard_id>(timestamp, timestamp)> due_between{open, R"(
      select distinct subscription, shard from delivery_queue indexed by delivery_queue_sweep
      where due_us > :after and due_us <= :until order by subscription)"};
};

/// Fills a page in a few reads: a database's client may hold all rows of an answer in memory, and
/// payloads can be large.
class page_filling {
public:
  page_filling(queue_statements& sql, subscription_number subscription, timestamp until,
               std::size_t deliveries_max, std::size_t payload_bytes_max)
      : sql_{sql},
        subscription_{subscription},
        until_{until},
        deliveries_max_{deliveries_max},
        payload_bytes_max_{payload_bytes_max} {}

  pending_page fill() {
    bool more = true;
    while (more && !page_.next_due) {
      const auto wanted = rows_to_read();
      more = read(wanted) == wanted;
    }
    if (!page_.next_due) {
      if (const auto next = sql_.next_due.first(subscription_, until_))
        page_.next_due = std::get<0>(*next);
    }
    return std::move(page_);
  }

private:
  static constexpr std::size_t first_rows = 32;

  /// As many as are expected to fit by the mean of those that were read, and one that does not.
  std::size_t rows_to_read() const {
    const auto deliveries_left = deliveries_max_ - page_.deliveries.size();
    if (page_.deliveries.empty())
      return std::min(deliveries_left, first_rows) + 1;
    const auto mean = payload_bytes_ / page_.deliveries.size() + 1;
    const auto bytes_left = payload_bytes_max_ - std::min(payload_bytes_max_, payload_bytes_);
    return std::min(deliveries_left, bytes_left / mean) + 1;
  }

  /// @returns how many rows there were.
  std::size_t read(std::size_t rows_max) {
    std::size_t rows = 0;
    sql_.due.each(
        [&](const domain::event_id& id, timestamp due, std::uint32_t attempts,
            std::uint32_t run_attempts, const domain::application_id& application,
            std::string& type, const std::string& labels, timestamp occurred, timestamp received,
            domain::priority priority, payload& stored) {
          ++rows;
          const bool fits = page_.deliveries.size() < deliveries_max_ &&
                            payload_bytes_ + stored.bytes.size() <= payload_bytes_max_;
          if (!fits && !page_.deliveries.empty()) {
            page_.next_due = due;
            return false;
          }
          payload_bytes_ += stored.bytes.size();
          after_ = {id, due};
          page_.deliveries.push_back(
              {std::make_shared<const domain::event>(
                   domain::event{id, application, std::move(type), std::move(stored.bytes),
                                 domain::parse_labels(labels), occurred, received, priority}),
               {attempts, run_attempts, due}});
          return true;
        },
        subscription_, until_, after_.due, after_.event, rows_max);
    return rows;
  }

  struct position {
    domain::event_id event;
    timestamp due = timestamp::min();
  };

  queue_statements& sql_;
  subscription_number subscription_;
  timestamp until_;
  std::size_t deliveries_max_;
  std::size_t payload_bytes_max_;
  position after_;
  std::size_t payload_bytes_ = 0;
  pending_page page_;
};

}  // namespace

result<pending_page> queue_reader::page(subscription_number subscription, timestamp until,
                                        std::size_t deliveries_max, std::size_t payload_bytes_max) {
  return access_->read<queue_statements>([&](queue_statements& sql) -> result<pending_page> {
    return page_filling{sql, subscription, until, deliveries_max, payload_bytes_max}.fill();
  });
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
