#include "persistence/sql/delivery_lookup.hpp"
#include "persistence/sql/history.hpp"
#include "persistence/sql/newest_rows.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace talaria::persistence::sql {

namespace {

using domain::delivery_id;
using domain::delivery_status;
using domain::event_id;
using std::chrono::milliseconds;

struct delivery_reads {
  explicit delivery_reads(const open_session& open) : open{open} {}

  open_session open;
  delivery_lookup lookup{open};

  query<row<subscription_number, event_id, timestamp, std::uint32_t>(fan_out, event_id, event_id,
                                                                     std::int64_t)>
      pending{open, open.speaks.newest_of_each(
                        "subscription, event_id, due_us, attempts", "delivery_queue",
                        "event_id <= :newest::uuid and event_id >= :oldest::uuid")};

  // The index is partial: `status <> 0` must be said, though every status asked for implies it.
  query<row<subscription_number, event_id, std::uint32_t, timestamp, milliseconds>(
      fan_out, delivery_status, event_id, event_id, std::int64_t)>
      ended{open, open.speaks.newest_of_each(
                      "subscription, event_id, number, started_us, duration_ms",
                      "attempts indexed by attempts_by_outcome",
                      "status = :status and status <> 0 "
                      "and event_id <= :newest::uuid and event_id >= :oldest::uuid")};

  // A mark of a cancellation is no attempt.
  query<row<std::uint32_t, timestamp, milliseconds, std::uint16_t, domain::attempt_error,
            std::string, std::string>(event_id, subscription_number)>
      attempts{open, R"(
      select number, started_us, duration_ms, status_code, error, response_body, node from attempts
      where event_id = :event::uuid and subscription = :subscription and status <> 3
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
      : sql_{sql},
        status_{filter.status},
        before_{before},
        // One more than the page shows, to learn whether more follow, and the cursor itself.
        rows_{static_cast<std::int64_t>(limit) + 2},
        newest_{limit} {}

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

  /// Those of some subscriptions: for each a stream for each status, in the order of an index.
  ///
  /// @param first_kept Deliveries of smaller ids are added only while they are pending.
  void add_subscriptions(std::span<const subscription_number> numbers, const event_id& first_kept) {
    while (!numbers.empty()) {
      const auto together = std::min(numbers.size(), sql_.open.speaks.subscriptions_at_once());
      add_streams({{numbers.begin(), numbers.begin() + static_cast<std::ptrdiff_t>(together)}},
                  first_kept);
      numbers = numbers.subspan(together);
    }
  }

  page_of<found_delivery> take_page() { return newest_.take_page(); }

private:
  void add_streams(const fan_out& subscriptions, const event_id& first_kept) {
    for (const auto status : {delivery_status::pending, delivery_status::delivered,
                              delivery_status::dead, delivery_status::cancelled}) {
      if (status_ && *status_ != status)
        continue;
      if (status == delivery_status::pending)
        add_pending(subscriptions);
      else
        add_ended(subscriptions, status, first_kept);
    }
  }

  void add(const found_delivery& found) {
    if (newest_.has_place_for(found.id) && (!before_ || found.id < *before_))
      newest_.add(found.id, found);
  }

  void add_pending(const fan_out& subscriptions) {
    sql_.pending.each(
        [&](subscription_number number, const event_id& event, timestamp due,
            std::uint32_t attempts) {
          add({{event, number}, {delivery_status::pending, attempts, due, std::nullopt}});
        },
        subscriptions, newest_event(), oldest_event(), rows_);
  }

  void add_ended(const fan_out& subscriptions, delivery_status status, const event_id& first_kept) {
    sql_.ended.each(
        [&](subscription_number number, const event_id& event, std::uint32_t attempt,
            timestamp started_at, milliseconds duration) {
          add({{event, number}, ended(status, attempt, started_at, duration)});
        },
        subscriptions, status, newest_event(), std::max(oldest_event(), first_kept), rows_);
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
  std::int64_t rows_;
  newest_rows<delivery_id, found_delivery> newest_;
};

tl::unexpected<domain::error> no_such_delivery() {
  return domain::fail(domain::ec::not_found, "no such delivery");
}

/// @returns nothing if what belongs to it went away.
std::optional<delivery_row> to_row(delivery_lookup& lookup, const sight& sight,
                                   const found_delivery& found) {
  const auto subscription = lookup.subscription(sight, found.id.subscription);
  auto event = lookup.event(sight, found.id.event);
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

page_of<delivery_row> to_rows(delivery_lookup& lookup, const sight& sight,
                              const page_of<found_delivery>& found) {
  page_of<delivery_row> page;
  page.more = found.more;
  for (const auto& delivery : found.rows) {
    if (auto row = to_row(lookup, sight, delivery))
      page.rows.push_back(*std::move(row));
  }
  return page;
}

/// Shows the gathering all that the filter admits.
result<void> gather(delivery_reads& sql, const sight& sight, const delivery_filter& filter,
                    delivery_gathering& gathering) {
  std::optional<known_subscription> subscription;
  if (filter.subscription) {
    subscription = sql.lookup.subscription(sight, *filter.subscription);
    if (!subscription)
      return domain::fail(domain::ec::not_found, "no such subscription");
  }
  if (filter.event) {
    const auto event = sql.lookup.event(sight, *filter.event);
    if (!event)
      return domain::fail(domain::ec::not_found, "no such event");
    if (subscription)
      gathering.add_event(*filter.event, {subscription->number});
    else
      gathering.add_event(*filter.event, event->fan_out);
  } else if (subscription) {
    gathering.add_subscriptions({&subscription->number, 1}, subscription->first_kept);
  } else {
    for (const auto& application : sql.lookup.applications(sight))
      gathering.add_subscriptions(sql.lookup.subscriptions(application.id), application.first_kept);
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
  const auto sight = sight_of(tenant);
  const auto read = [&](delivery_reads& sql) -> result<page_of<delivery_row>> {
    delivery_gathering gathering{sql, filter, page.limit, before};
    if (auto gathered = gather(sql, sight, filter, gathering); !gathered)
      return tl::unexpected(gathered.error());
    return to_rows(sql.lookup, sight, gathering.take_page());
  };
  return access_->read_lately<delivery_reads>(read);
}

result<delivery_row> history::find_delivery(const tenant& tenant, const delivery_id& id) {
  const auto sight = sight_of(tenant);
  const auto read = [&](delivery_reads& sql) -> result<delivery_row> {
    const auto state = sql.lookup.state(id);
    if (!state)
      return no_such_delivery();
    auto row = to_row(sql.lookup, sight, {id, *state});
    if (!row)
      return no_such_delivery();
    return *std::move(row);
  };
  return access_->read<delivery_reads>(read);
}

result<std::vector<domain::attempt>> history::list_attempts(const tenant& tenant,
                                                            const delivery_id& id) {
  const auto sight = sight_of(tenant);
  const auto read = [&](delivery_reads& sql) -> result<std::vector<domain::attempt>> {
    if (!sql.lookup.subscription(sight, id.subscription) || !sql.lookup.event(sight, id.event) ||
        !sql.lookup.state(id))
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
  return access_->read<delivery_reads>(read);
}

}  // namespace talaria::persistence::sql
