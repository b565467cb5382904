#include "persistence/sqlite/delivery_lookup.hpp"
#include "persistence/sqlite/history.hpp"
#include "persistence/sqlite/newest_rows.hpp"
#include "persistence/sqlite/paging.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace talaria::persistence::sqlite {

namespace {

using domain::application_id;
using domain::event;
using domain::event_id;

struct event_reads {
  explicit event_reads(soci::session& session) : session{session} {}

  soci::session& session;
  delivery_lookup lookup{session};

  query<row<event_id, std::string, std::string, timestamp, timestamp, domain::priority>(
      application_id, domain::uuid, domain::uuid, timestamp, timestamp, std::optional<std::string>,
      std::optional<std::string>)>
      list{session, R"(
      select id, event_type, labels, occurred_us, received_us, priority
      from events indexed by events_by_application
      where application_id = cast(:application as blob)
        and id < cast(:before as blob) and id >= cast(:from as blob)
        and received_us > :received_after and received_us < :received_before
        and (:type is null or event_type = :type)
        and (:label is null or instr(labels, :label) > 0)
      order by id desc)"};

  query<row<application_id, std::string, std::string, timestamp, timestamp, domain::priority,
            std::string>(event_id)>
      find{session, R"(
      select application_id, event_type, labels, occurred_us, received_us, priority, payload
      from events where id = cast(:id as blob))"};

  query<row<domain::priority, std::uint64_t, timestamp>()> depths{session, R"(
      select priority, count(*), min(due_us) from delivery_queue group by priority)"};
};

bool has_labels(const domain::labels& labels, const domain::labels& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const domain::label& label) {
    return std::find(labels.begin(), labels.end(), label) != labels.end();
  });
}

/// What the JSON text of an event's labels contains if it has the first of the wanted ones: SQLite
/// passes over most other events by this alone.
std::optional<std::string> label_text(const domain::labels& wanted) {
  if (wanted.empty())
    return std::nullopt;
  const auto object = domain::to_json(domain::labels{wanted.front()});
  return object.substr(1, object.size() - 2);
}

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

}  // namespace

result<page_of<event>> history::list_events(const tenant& tenant, const event_filter& filter,
                                            const page_request& page) {
  const auto read = [&](event_reads& sql) -> result<page_of<event>> {
    newest_rows<event_id, event> newest{page.limit};
    const auto range = ids_of(filter, page);
    for (const auto& application : sql.lookup.applications(tenant)) {
      sql.list.each(
          [&](const event_id& id, std::string& type, const std::string& labels_json,
              timestamp occurred, timestamp received, domain::priority priority) {
            if (!newest.has_place_for(id))
              return false;
            auto labels = domain::parse_labels(labels_json);
            if (has_labels(labels, filter.labels))
              newest.add(id, {id,
                              application,
                              std::move(type),
                              {},
                              std::move(labels),
                              occurred,
                              received,
                              priority});
            return true;
          },
          application, range.before, range.from, filter.after.value_or(timestamp::min()),
          filter.before.value_or(timestamp::max()), filter.type, label_text(filter.labels));
    }
    return newest.take_page();
  };
  return in_transaction<event_reads>(connection_, "begin", read);
}

result<event> history::find_event(const tenant& tenant, const event_id& id) {
  const auto read = [&](event_reads& sql) -> result<event> {
    if (!sql.lookup.event(tenant, id))
      return domain::fail(domain::ec::not_found, "no such event");
    auto row = sql.find.first(id);
    auto& [application, type, labels, occurred, received, priority, payload] = row.value();
    return event{
        id,       application, std::move(type), std::move(payload), domain::parse_labels(labels),
        occurred, received,    priority};
  };
  return in_transaction<event_reads>(connection_, "begin", read);
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
  return in_transaction<event_reads>(connection_, "begin", read);
}

}  // namespace talaria::persistence::sqlite
