#include "persistence/sql/delivery_lookup.hpp"
#include "persistence/sql/history.hpp"
#include "persistence/sql/newest_rows.hpp"
#include "persistence/sql/paging.hpp"
#include "persistence/sql/trace_columns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

namespace talaria::persistence::sql {

namespace {

using domain::application_id;
using domain::event;
using domain::event_id;

using listed_event =
    row<event_id, std::string, std::string, timestamp, timestamp, domain::priority, std::string>;

/// @param more_conditions Each with an `and` before it.
std::string select_events(std::string_view more_conditions) {
  return fmt::format(R"(
      select id, event_type, labels, occurred_us, received_us, priority,
             coalesce(traceparent, '')
      from events indexed by events_by_application
      where application_id = :application::uuid
        and id < :before::uuid and id >= :from::uuid
        and received_us > :received_after and received_us < :received_before
        and (cast(:type as text) is null or event_type = :type)
        {}
      order by id desc limit :rows)",
                     more_conditions);
}

/// Looked up by the queue, which is short in that range: all old events are many.
constexpr std::string_view and_has_pending = R"(
        and id = any(array(
          select q.event_id from subscriptions s
          ordered join delivery_queue q on q.subscription = s.number
          where s.application_id = :application::uuid
            and q.event_id < :before::uuid and q.event_id >= :from::uuid)))";

using list_query = query<listed_event(application_id, domain::uuid, domain::uuid, timestamp,
                                      timestamp, std::optional<std::string>, std::int64_t)>;
using labelled_list_query =
    query<listed_event(application_id, domain::uuid, domain::uuid, timestamp, timestamp,
                       std::optional<std::string>, std::string, std::int64_t)>;

struct event_reads {
  explicit event_reads(const open_session& open) : open{open} {}

  open_session open;
  delivery_lookup lookup{open};

  std::string and_labelled = fmt::format("and {}", open.speaks.label_condition());
  list_query list{open, select_events("")};
  list_query list_pending{open, select_events(and_has_pending)};
  labelled_list_query list_labelled{open, select_events(and_labelled)};
  labelled_list_query list_pending_labelled{
      open, select_events(fmt::format("{} {}", and_has_pending, and_labelled))};

  query<row<application_id, std::string, std::string, timestamp, timestamp, domain::priority,
            payload, std::string, std::string>(event_id)>
      find{open, R"(
      select application_id, event_type, labels, occurred_us, received_us, priority, payload,
             coalesce(traceparent, ''), coalesce(tracestate, '')
      from events where id = :id::uuid)"};

  // A cross join, since SQLite would take it for granted that the queue is the smaller of the two.
  query<row<std::uint32_t>(domain::organization_id, std::uint32_t)> count_pending{open, R"(
      select count(*) from (
        select 1 from subscriptions s cross join delivery_queue q
        where s.organization_id = :organization::uuid and s.deleted_us is null
          and q.subscription = s.number
        limit :rows) counted)"};

  query<row<domain::priority, std::uint64_t, timestamp>()> depths{open, R"(
      select priority, count(*), min(due_us) from delivery_queue group by priority)"};
};

bool has_labels(const domain::labels& labels, const domain::labels& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const domain::label& label) {
    return std::find(labels.begin(), labels.end(), label) != labels.end();
  });
}

constexpr auto every_row = std::numeric_limits<std::int64_t>::max();

struct id_range {
  /// Exclusive.
  domain::uuid before;
  /// Inclusive.
  domain::uuid from;
};

id_range ids_of(const event_filter& filter, const page_request& page) {
  id_range range{before(page), domain::uuid{}};
  if (filter.before)
    range.before =
        std::min(range.before, domain::first_uuid_at(*filter.before + id_time_tolerance));
  if (filter.after)
    range.from = domain::first_uuid_at(*filter.after - id_time_tolerance);
  return range;
}

/// Gathers the newest events that a filter admits, application by application.
class event_gathering {
public:
  event_gathering(event_reads& sql, const event_filter& filter, const page_request& page)
      : sql_{sql}, filter_{filter}, page_{page}, range_{ids_of(filter, page)} {}

  void add(const known_application& application) {
    const auto first_kept = application.first_kept.value;
    add_range(application.id, {range_.before, std::max(range_.from, first_kept)}, sql_.list,
              sql_.list_labelled);
    if (range_.from < first_kept && newest_.has_place_for(application.first_kept))
      add_range(application.id, {std::min(range_.before, first_kept), range_.from},
                sql_.list_pending, sql_.list_pending_labelled);
  }

  page_of<event> take_page() { return newest_.take_page(); }

private:
  void add_range(const application_id& application, const id_range& range, list_query& list,
                 labelled_list_query& list_labelled) {
    const auto received_after = filter_.after.value_or(timestamp::min());
    const auto received_before = filter_.before.value_or(timestamp::max());
    const auto add = [&](const event_id& id, std::string& type, const std::string& labels_json,
                         timestamp occurred, timestamp received, domain::priority priority,
                         const std::string& traceparent) {
      if (!newest_.has_place_for(id))
        return false;
      auto labels = domain::parse_labels(labels_json);
      if (has_labels(labels, filter_.labels))
        newest_.add(id, {id,
                         application,
                         std::move(type),
                         {},
                         std::move(labels),
                         occurred,
                         received,
                         priority,
                         read_trace(traceparent, {})});
      return true;
    };
    if (filter_.labels.empty())
      list.each(add, application, range.before, range.from, received_after, received_before,
                filter_.type, rows_wanted(page_));
    else
      list_labelled.each(add, application, range.before, range.from, received_after,
                         received_before, filter_.type,
                         sql_.open.speaks.to_label_filter(filter_.labels),
                         sql_.open.speaks.filters_all_labels() ? rows_wanted(page_) : every_row);
  }

  event_reads& sql_;
  const event_filter& filter_;
  const page_request& page_;
  const id_range range_;
  newest_rows<event_id, event> newest_{page_.limit};
};

}  // namespace

sight history::sight_of(const tenant& tenant) const {
  return sight_by(retention_, tenant);
}

result<page_of<event>> history::list_events(const tenant& tenant, const event_filter& filter,
                                            const page_request& page) {
  const auto sight = sight_of(tenant);
  const auto read = [&](event_reads& sql) -> result<page_of<event>> {
    event_gathering gathering{sql, filter, page};
    for (const auto& application : sql.lookup.applications(sight))
      gathering.add(application);
    return gathering.take_page();
  };
  return access_->read_lately<event_reads>(read);
}

result<event> history::find_event(const tenant& tenant, const event_id& id) {
  const auto sight = sight_of(tenant);
  const auto read = [&](event_reads& sql) -> result<event> {
    if (!sql.lookup.event(sight, id))
      return domain::fail(domain::ec::not_found, "no such event");
    auto row = sql.find.first(id);
    auto& [application, type, labels, occurred, received, priority, stored, traceparent,
           tracestate] = row.value();
    return event{id,
                 application,
                 std::move(type),
                 std::move(stored.bytes),
                 domain::parse_labels(labels),
                 occurred,
                 received,
                 priority,
                 read_trace(traceparent, std::move(tracestate))};
  };
  return access_->read<event_reads>(read);
}

result<std::vector<queue_depth>> history::queue_depths() {
  const auto read = [](event_reads& sql) -> result<std::vector<queue_depth>> {
    std::vector<queue_depth> depths{{domain::priority::high, 0, {}},
                                    {domain::priority::normal, 0, {}},
                                    {domain::priority::low, 0, {}}};
    sql.depths.each([&](domain::priority priority, std::uint64_t pending, timestamp oldest_due) {
      depths.at(static_cast<std::size_t>(priority)) = {priority, pending, oldest_due};
    });
    return depths;
  };
  return access_->read_lately<event_reads>(read);
}

result<std::uint32_t> history::count_pending(const domain::organization_id& organization,
                                             std::uint32_t counted_max) {
  return access_->read<event_reads>([&](event_reads& sql) -> result<std::uint32_t> {
    return sql.count_pending.value(organization, counted_max);
  });
}

}  // namespace talaria::persistence::sql
