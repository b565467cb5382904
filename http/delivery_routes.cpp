#include "domain/delivery.hpp"
#include "http/page.hpp"
#include "http/rendering.hpp"
#include "http/routes.hpp"

#include <array>

namespace talaria::http {
namespace {

using domain::ec;
using domain::fail;
using domain::result;

constexpr std::string_view delivery_list = "deliveries";

result<domain::delivery_id> delivery_in_path(const call& call) {
  const auto id = domain::parse_delivery_id(call.request().parameter("id"));
  if (!id) {
    return fail(ec::not_found, "There is no such resource.");
  }
  return *id;
}

template <class Id>
result<std::optional<Id>> take_id(query_parameters& query, std::string_view name) {
  const auto text = query.take(name);
  if (!text) {
    return std::nullopt;
  }
  const auto id = domain::parse_uuid(*text);
  if (!id) {
    return fail(ec::invalid_value, "The parameter must be a UUID.", "/" + std::string(name));
  }
  return Id{*id};
}

result<persistence::delivery_filter> take_filter(query_parameters& query) {
  persistence::delivery_filter filter;
  if (const auto status = query.take("status")) {
    filter.status = domain::parse_delivery_status(*status);
    if (!filter.status) {
      return fail(ec::invalid_value, "A status is pending, delivered, dead or cancelled.",
                  "/status");
    }
  }
  const auto subscription = take_id<domain::subscription_id>(query, "subscription_id");
  const auto event = take_id<domain::event_id>(query, "event_id");
  if (!subscription || !event) {
    return tl::unexpected(subscription ? event.error() : subscription.error());
  }
  filter.subscription = *subscription;
  filter.event = *event;
  return filter;
}

answer list_deliveries(const route_context& context, const call& call, store_sessions& sessions) {
  auto query = query_parameters::parse(call.request().query);
  if (!query) {
    return refuse(query.error());
  }
  const auto page = take_page(*query, delivery_list, context.cursors);
  if (!page) {
    return refuse(page.error());
  }
  const auto tenant = take_tenant(*query, call);
  if (!tenant) {
    return refuse(tenant.error());
  }
  const auto filter = take_filter(*query);
  if (!filter) {
    return refuse(filter.error());
  }
  if (const auto all = query->check_all_taken(); !all) {
    return refuse(all.error());
  }
  const auto rows = sessions.history->list_deliveries(*tenant, *filter, *page);
  if (!rows) {
    return refuse(rows.error());
  }
  return page_response(
      *rows, delivery_list, context.cursors,
      [](std::string& body, const persistence::delivery_row& row) { body += to_json(row); },
      [](const persistence::delivery_row& row) { return domain::to_uuid(row.id); });
}

/// The delivery as it is now.
answer show(const domain::delivery_id& id, const call& call, store_sessions& sessions) {
  const auto row = sessions.history->find_delivery(call.tenant(), id);
  if (!row) {
    return refuse(row.error());
  }
  return json_response(200, to_json(*row));
}

answer get_delivery(const call& call, store_sessions& sessions) {
  const auto id = delivery_in_path(call);
  if (!id) {
    return refuse(id.error());
  }
  return show(*id, call, sessions);
}

answer list_attempts(const call& call, store_sessions& sessions) {
  const auto id = delivery_in_path(call);
  if (!id) {
    return refuse(id.error());
  }
  const auto attempts = sessions.history->list_attempts(call.tenant(), *id);
  if (!attempts) {
    return refuse(attempts.error());
  }
  std::string body = R"({"data":[)";
  for (const domain::attempt& attempt : *attempts) {
    body += (body.back() == '[' ? "" : ",") + to_json(attempt);
  }
  return json_response(200, body + R"(],"next_cursor":null})");
}

answer retry_delivery(const route_context& context, const call& call, store_sessions& sessions) {
  const auto id = delivery_in_path(call);
  if (!id) {
    return refuse(id.error());
  }
  const auto retried = sessions.history->retry_delivery(call.tenant(), *id, context.services.now());
  if (!retried) {
    return refuse(retried.error());
  }
  answer shown = show(*id, call, sessions);
  context.services.gateway.deliveries_due(std::array{id->subscription});
  return shown;
}

answer cancel_delivery(const route_context& context, const call& call, store_sessions& sessions) {
  const auto id = delivery_in_path(call);
  if (!id) {
    return refuse(id.error());
  }
  const auto cancelled =
      sessions.history->cancel_delivery(call.tenant(), *id, context.services.now());
  if (!cancelled) {
    return refuse(cancelled.error());
  }
  context.services.gateway.delivery_cancelled(*id);
  return show(*id, call, sessions);
}

}  // namespace

void add_delivery_routes(operations& to, const route_context& context) {
  to.add_stored("GET", "/api/v1/deliveries", access::read, with_context(context, list_deliveries));
  to.add_stored("GET", "/api/v1/deliveries/{id}", access::read, get_delivery);
  to.add_stored("GET", "/api/v1/deliveries/{id}/attempts", access::read, list_attempts);
  to.add_stored("POST", "/api/v1/deliveries/{id}/retry", access::manage,
                with_context(context, retry_delivery));
  to.add_stored("POST", "/api/v1/deliveries/{id}/cancel", access::manage,
                with_context(context, cancel_delivery));
}

}  // namespace talaria::http
