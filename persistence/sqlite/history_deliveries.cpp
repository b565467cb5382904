#include "persistence/sqlite/delivery_lookup.hpp"
#include "persistence/sqlite/history.hpp"
#include "persistence/sqlite/newest_rows.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace talaria::persistence::sqlite {

namespace {

using domain::delivery_id;
using domain::delivery_status;
using domain::event_id;
using std::chrono::milliseconds;

struct delivery_reads {
  explicit delivery_reads(soci::session& session) : session{session} {}

  soci::session& session;
  delivery_lookup lookup{session};

  query<row<event_id, timestamp, std::uint32_t>(subscription_number, event_id, event_id)> pending{
      session, R"(
      select event_id, due_us, attempts from delivery_queue
      where subscription = :subscription
        and event_id <= cast(:newest as blob) and event_id >= cast(:oldest as blob)
      order by event_id desc)"};

  // The index is partial: `status <> 0` must be said, though every status asked for implies it.
  query<row<event_id, std::uint32_t, timestamp, milliseconds>(subscription_number, delivery_status,
                                                              event_id, event_id)>
      ended{session, R"(
      select event_id, number, started_us, duration_ms
      from attempts indexed by attempts_by_outcome
      where subscription = :subscription and status = :status and status <> 0
        and event_id <= cast(:newest as blob) and event_id >= cast(:oldest as blob)
      order by event_id desc)"};

  // A mark of a cancellation is no attempt.
  query<row<std::uint32_t, timestamp, milliseconds, std::uint16_t, domain::attempt_error,
            std::string, std::string>(event_id, subscription_number)>
      attempts{session, R"(
      select number, started_us, duration_ms, status_code, error, response_body, node from attempts
      where event_id = cast(:event as blob) and subscription = :subscription and status <> 3
      order by number)"};
};

struct found_delivery {
  delivery_id id;
  delivery_state state;
};

/// Gathers the newest deliveries, stream by stream.
class delivery_gathering {
public:
  delivery_gathering(delivery_reads& sql, const delivery_filter& filter, std::size_t limit,
                     std::optional<delivery_id> before)
      : sql_{sql}, status_{filter.status}, before_{before}, newest_{limit} {}

  /// Those of one event: each is looked up, newest first.
  void add_event(const event_id& event, std::vector<subscription_number> fan_out) {
    std::sort(fan_out.begin(), fan_out.end(), std::greater<>{});
    for (const auto number : fan_out) {
      const delivery_id id{event, number};
      if (!newest_.has_place_for(id))
        return;
      const auto state = sql_.lookup.state(id);
      if (state && (!status_ || *status_ == state->status))
        add({id, *state});
    }
  }

  /// Those of one subscription: a stream for each status, in the order of an index.
  void add_subscription(subscription_number number) {
    for (const auto status : {delivery_status::pending, delivery_status::delivered,
                              delivery_status::dead, delivery_status::cancelled}) {
      if (status_ && *status_ != status)
        continue;
      if (status == delivery_status::pending)
        add_pending(number);
      else
        add_ended(number, status);
    }
  }

  page_of<found_delivery> take_page() { return newest_.take_page(); }

private:
  /// @returns whether an older delivery of the same stream could have a place.
  bool add(const found_delivery& found) {
    if (!newest_.has_place_for(found.id))
      return false;
    if (!before_ || found.id < *before_)
      newest_.add(found.id, found);
    return true;
  }

  void add_pending(subscription_number number) {
    sql_.pending.each(
        [&](const event_id& event, timestamp due, std::uint32_t attempts) {
          return add({{event, number}, {delivery_status::pending, attempts, due, std::nullopt}});
        },
        number, newest_event(), oldest_event());
  }

  void add_ended(subscription_number number, delivery_status status) {
    sql_.ended.each(
        [&](const event_id& event, std::uint32_t attempt, timestamp started_at,
            milliseconds duration) {
          return add({{event, number}, ended(status, attempt, started_at, duration)});
        },
        number, status, newest_event(), oldest_event());
  }

  event_id newest_event() const {
    event_id highest;
    highest.value.bytes.fill(0xFF);
    return before_ ? before_->event : highest;
  }

  event_id oldest_event() const {
    const auto oldest = newest_.oldest();
    return oldest ? oldest->event : event_id{};
  }

  delivery_reads& sql_;
  std::optional<delivery_status> status_;
  std::optional<delivery_id> before_;
  newest_rows<delivery_id, found_delivery> newest_;
};

tl::unexpected<domain::error> no_such_delivery() {
  return domain::fail(domain::ec::not_found, "no such delivery");
}

/// @returns nothing if what belongs to it went away.
std::optional<delivery_row> to_row(delivery_lookup& lookup, const tenant& tenant,
                                   const found_delivery& found) {
  const auto subscription = lookup.subscription(tenant, found.id.subscription);
  auto event = lookup.event(tenant, found.id.event);
  if (!subscription || !event)
    return std::nullopt;
  return delivery_row{.id = found.id,
                      .subscription = subscription->id,
                      .event_type = std::move(event->type),
                      .status = found.state.status,
                      .attempts = found.state.attempts,
                      .created_at = event->received_at,
                      .next_attempt_at = found.state.due,
                      .ended_at = found.state.ended_at};
}

page_of<delivery_row> to_rows(delivery_lookup& lookup, const tenant& tenant,
                              const page_of<found_delivery>& found) {
  page_of<delivery_row> page;
  page.more = found.more;
  for (const auto& delivery : found.rows) {
    if (auto row = to_row(lookup, tenant, delivery))
      page.rows.push_back(*std::move(row));
  }
  return page;
}

/// Shows the gathering all that the filter admits.
result<void> gather(delivery_reads& sql, const tenant& tenant, const delivery_filter& filter,
                    delivery_gathering& gathering) {
  std::optional<known_subscription> subscription;
  if (filter.subscription) {
    subscription = sql.lookup.subscription(tenant, *filter.subscription);
    if (!subscription)
      return domain::fail(domain::ec::not_found, "no such subscription");
  }
  if (filter.event) {
    const auto event = sql.lookup.event(tenant, *filter.event);
    if (!event)
      return domain::fail(domain::ec::not_found, "no such event");
    if (subscription)
      gathering.add_event(*filter.event, {subscription->number});
    else
      gathering.add_event(*filter.event, event->fan_out);
  } else if (subscription) {
    gathering.add_subscription(subscription->number);
  } else {
    for (const auto& application : sql.lookup.applications(tenant)) {
      for (const auto& each : sql.lookup.subscriptions(application))
        gathering.add_subscription(each.number);
    }
  }
  return {};
}

}  // namespace

result<page_of<delivery_row>> history::list_deliveries(const tenant& tenant,
                                                       const delivery_filter& filter,
                                                       const page_request& page) {
  std::optional<delivery_id> before;
  if (page.after) {
    before = domain::to_delivery_id(*page.after);
    if (!before)
      return domain::fail(domain::ec::invalid_cursor, "the cursor names no delivery");
  }
  const auto read = [&](delivery_reads& sql) -> result<page_of<delivery_row>> {
    delivery_gathering gathering{sql, filter, page.limit, before};
    if (auto gathered = gather(sql, tenant, filter, gathering); !gathered)
      return tl::unexpected(gathered.error());
    return to_rows(sql.lookup, tenant, gathering.take_page());
  };
  return in_transaction<delivery_reads>(connection_, "begin", read);
}

result<delivery_row> history::find_delivery(const tenant& tenant, const delivery_id& id) {
  const auto read = [&](delivery_reads& sql) -> result<delivery_row> {
    const auto state = sql.lookup.state(id);
    if (!state)
      return no_such_delivery();
    auto row = to_row(sql.lookup, tenant, {id, *state});
    if (!row)
      return no_such_delivery();
    return *std::move(row);
  };
  return in_transaction<delivery_reads>(connection_, "begin", read);
}

result<std::vector<domain::attempt>> history::list_attempts(const tenant& tenant,
                                                            const delivery_id& id) {
  const auto read = [&](delivery_reads& sql) -> result<std::vector<domain::attempt>> {
    if (!sql.lookup.subscription(tenant, id.subscription) || !sql.lookup.state(id))
      return no_such_delivery();
    std::vector<domain::attempt> attempts;
    sql.attempts.each(
        [&](std::uint32_t number, timestamp started_at, milliseconds duration,
            std::uint16_t status_code, domain::attempt_error error, std::string& response_body,
            std::string& node) {
          attempts.push_back({number, started_at, duration, status_code, error,
                              std::move(response_body), std::move(node)});
        },
        id.event, id.subscription);
    return attempts;
  };
  return in_transaction<delivery_reads>(connection_, "begin", read);
}

}  // namespace talaria::persistence::sqlite
