#include "domain/event.hpp"
#include "domain/time.hpp"
#include "http/json_reader.hpp"
#include "http/page.hpp"
#include "http/rendering.hpp"
#include "http/routes.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <cmath>

namespace talaria::http {
namespace {

using domain::ec;
using domain::fail;
using domain::result;

constexpr std::string_view event_list = "events";
constexpr std::string_view label_prefix = "label.";

/// A label's value in a query: a number or a boolean where it reads as one, else a string; one in
/// quotes is a string in any case.
result<std::string> label_text(const std::string& value, const std::string& name) {
  const std::string quoted = boost::json::serialize(boost::json::string_view(value));
  const bool scalar = check_json(value, 1).has_value() && value != "null" &&
                      value.find_first_of("{[") == std::string::npos;
  const std::string text = scalar ? value : quoted;
  if (!check_json(text, 1)) {
    return fail(ec::invalid_value, "The label's value is not valid UTF-8.", "/label." + name);
  }
  return domain::label_value_text(boost::json::parse(text));
}

result<std::optional<domain::timestamp>> take_time(query_parameters& query, std::string_view name) {
  const auto text = query.take(name);
  if (!text) {
    return std::nullopt;
  }
  const auto time = domain::parse_rfc3339(*text);
  if (!time) {
    return fail(ec::invalid_value, "The parameter must be a time as in RFC 3339.",
                "/" + std::string(name));
  }
  return time;
}

result<persistence::event_filter> take_filter(query_parameters& query) {
  persistence::event_filter filter;
  filter.type = query.take("event_type");
  if (filter.type && !domain::is_event_type(*filter.type)) {
    return fail(ec::invalid_value, "The parameter must be an event type.", "/event_type");
  }
  for (auto& [name, value] : query.take_all(label_prefix)) {
    auto text = label_text(value, name);
    if (!text) {
      return tl::unexpected(text.error());
    }
    filter.labels.push_back({name, std::move(*text)});
  }
  if (filter.labels.size() > domain::limits::labels_max) {
    return fail(ec::invalid_value, "At most 32 labels can be asked for.");
  }
  const auto after = take_time(query, "after");
  const auto before = take_time(query, "before");
  if (!after || !before) {
    return tl::unexpected(after ? before.error() : after.error());
  }
  filter.after = *after;
  filter.before = *before;
  return filter;
}

answer list_events(const route_context& context, const call& call, store_sessions& sessions) {
  auto query = query_parameters::parse(call.request().query);
  if (!query) {
    return refuse(query.error());
  }
  const auto page = take_page(*query, event_list, context.cursors);
  const auto tenant = take_tenant(*query, call);
  const auto filter = take_filter(*query);
  for (const auto* fault : {page ? nullptr : &page.error(), tenant ? nullptr : &tenant.error(),
                            filter ? nullptr : &filter.error()}) {
    if (fault != nullptr) {
      return refuse(*fault);
    }
  }
  if (const auto all = query->check_all_taken(); !all) {
    return refuse(all.error());
  }
  const auto events = sessions.history->list_events(*tenant, *filter, *page);
  if (!events) {
    return refuse(events.error());
  }
  return page_response(
      *events, event_list, context.cursors,
      [](std::string& body, const domain::event& event) { body += to_json(event); },
      [](const domain::event& event) { return event.id.value; });
}

/// The deliveries of one event, up to a page: an event with more is followed in the deliveries'
/// list.
result<std::string> deliveries_of(const domain::event_id& id, const call& call,
                                  store_sessions& sessions) {
  persistence::delivery_filter filter;
  filter.event = id;
  const auto rows = sessions.history->list_deliveries(
      call.tenant(), filter, {.limit = domain::limits::page_limit_max, .after = std::nullopt});
  if (!rows) {
    return tl::unexpected(rows.error());
  }
  std::string text = "[";
  for (const persistence::delivery_row& row : rows->rows) {
    text += (text.size() > 1 ? "," : "") + to_json(row);
  }
  return text + "]";
}

answer get_event(const call& call, store_sessions& sessions) {
  const auto id = path_id<domain::event_id>(call.request());
  if (!id) {
    return refuse(id.error());
  }
  const auto event = sessions.history->find_event(call.tenant(), *id);
  if (!event) {
    return refuse(event.error());
  }
  const auto deliveries = deliveries_of(*id, call, sessions);
  if (!deliveries) {
    return refuse(deliveries.error());
  }
  return json_response(200, to_json(*event, *deliveries));
}

answer replay_event(const route_context& context, const call& call, store_sessions& sessions) {
  const auto id = path_id<domain::event_id>(call.request());
  if (!id) {
    return refuse(id.error());
  }
  const auto subscriptions =
      sessions.history->replay_event(call.tenant(), *id, context.services.now());
  if (!subscriptions) {
    return refuse(subscriptions.error());
  }
  context.services.gateway.deliveries_due(*subscriptions);
  return json_response(202, R"({"event_id":")" + to_string(*id) + R"(","deliveries":)" +
                                std::to_string(subscriptions->size()) + "}");
}

}  // namespace

void add_event_routes(operations& to, const route_context& context) {
  to.add_stored("GET", "/api/v1/events", access::read,
                [&context](const call& call, store_sessions& sessions) {
                  return list_events(context, call, sessions);
                });
  to.add_stored("GET", "/api/v1/events/{id}", access::read, get_event);
  to.add_stored("POST", "/api/v1/events/{id}/replay", access::manage,
                [&context](const call& call, store_sessions& sessions) {
                  return replay_event(context, call, sessions);
                });
}

}  // namespace talaria::http
