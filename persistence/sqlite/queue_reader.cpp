#include "persistence/sqlite/queue_reader.hpp"

#include "persistence/sqlite/statement.hpp"

#include <algorithm>
#include <bitset>

namespace talaria::persistence::sqlite {

namespace {

struct queue_statements {
  explicit queue_statements(soci::session& session) : session{session} {}

  soci::session& session;

  // `cross join` keeps the order of the tables: the queue's index decides what is read.
  query<row<domain::event_id, timestamp, std::uint32_t, std::uint32_t, domain::application_id,
            std::string, std::string, timestamp, timestamp, domain::priority, std::string>(
      subscription_number, timestamp, std::size_t)>
      due{session, R"(
      select q.event_id, q.due_us, q.attempts, q.run_attempts, e.application_id, e.event_type,
             e.labels, e.occurred_us, e.received_us, e.priority, e.payload
      from delivery_queue q indexed by delivery_queue_by_due cross join events e on e.id = q.event_id
      where q.subscription = :subscription and q.due_us <= :until
      order by q.due_us, q.event_id limit :rows)"};

  query<row<timestamp>(subscription_number, timestamp)> next_due{session, R"(
      select due_us from delivery_queue indexed by delivery_queue_by_due
      where subscription = :subscription and due_us > :until
      order by due_us limit 1)"};

  query<row<subscription_number, shard_id>(timestamp, timestamp)> due_between{session, R"(
      select distinct subscription, shard from delivery_queue indexed by delivery_queue_sweep
      where due_us > :after and due_us <= :until order by subscription)"};
};

}  // namespace

result<pending_page> queue_reader::page(subscription_number subscription, timestamp until,
                                        std::size_t deliveries_max, std::size_t payload_bytes_max) {
  const auto read = [&](queue_statements& sql) -> result<pending_page> {
    pending_page page;
    std::size_t payload_bytes = 0;
    sql.due.each(
        [&](const domain::event_id& id, timestamp due, std::uint32_t attempts,
            std::uint32_t run_attempts, const domain::application_id& application,
            std::string& type, const std::string& labels, timestamp occurred, timestamp received,
            domain::priority priority, std::string& payload) {
          const bool fits = page.deliveries.size() < deliveries_max &&
                            payload_bytes + payload.size() <= payload_bytes_max;
          if (!fits && !page.deliveries.empty()) {
            page.next_due = due;
            return false;
          }
          payload_bytes += payload.size();
          page.deliveries.push_back(
              {std::make_shared<const domain::event>(
                   domain::event{id, application, std::move(type), std::move(payload),
                                 domain::parse_labels(labels), occurred, received, priority}),
               {attempts, run_attempts, due}});
          return true;
        },
        subscription, until, deliveries_max + 1);
    if (!page.next_due) {
      if (const auto next = sql.next_due.first(subscription, until))
        page.next_due = std::get<0>(*next);
    }
    return page;
  };
  return in_transaction<queue_statements>(connection_, "begin", read);
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
  return in_transaction<queue_statements>(connection_, "begin", read);
}

}  // namespace talaria::persistence::sqlite
