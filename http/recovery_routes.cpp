#include "domain/json_fields.hpp"
#include "domain/limits.hpp"
#include "domain/recovery.hpp"
#include "domain/time.hpp"
#include "http/body_fields.hpp"
#include "http/fresh_id.hpp"
#include "http/json_reader.hpp"
#include "http/page.hpp"
#include "http/rendering.hpp"
#include "http/routes.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace talaria::http {
namespace {

using domain::ec;
using domain::fail;
using domain::recovery_id;
using domain::result;
using domain::subscription_id;
namespace json = boost::json;
namespace limits = domain::limits;

constexpr std::string_view recovery_list = "recoveries";

result<std::optional<domain::timestamp>> take_time(json::object& body, std::string_view name) {
  const auto text = take_string(body, name);
  if (!text) {
    return tl::unexpected(text.error());
  }
  if (!*text) {
    return std::nullopt;
  }
  const auto time = domain::parse_rfc3339(**text);
  if (!time) {
    return fail(ec::invalid_value, "The field must be a time of RFC 3339.", domain::pointer(name));
  }
  return *time;
}

result<std::uint32_t> take_rate(json::object& body) {
  constexpr std::string_view name = "rate_per_second";
  const auto found = body.find(name);
  if (found == body.end()) {
    return limits::recovery_rate_per_second_default;
  }
  const auto rate =
      domain::read_integer(found->value(), name, 1, limits::recovery_rate_per_second_max);
  if (!rate) {
    return tl::unexpected(rate.error());
  }
  body.erase(found);
  return static_cast<std::uint32_t>(*rate);
}

result<domain::recovery_request> read_request(json::object body, domain::timestamp now) {
  const auto since = take_time(body, "since");
  const auto until = take_time(body, "until");
  if (!since || !until) {
    return tl::unexpected(since ? until.error() : since.error());
  }
  if (!*since) {
    return fail(ec::missing_field, "since is required.", "/since");
  }
  const auto rate = take_rate(body);
  if (!rate) {
    return tl::unexpected(rate.error());
  }
  if (!body.empty()) {
    return fail(ec::unknown_field, "A recovery has no field of this name.",
                domain::pointer(domain::escaped(body.begin()->key())));
  }
  const domain::recovery_request wanted{**since, until->value_or(now), *rate};
  using std::chrono::milliseconds;
  if (std::chrono::floor<milliseconds>(wanted.until) <=
      std::chrono::floor<milliseconds>(wanted.since)) {
    // Without until, the fault is that since is not past.
    return fail(ec::invalid_value, "until must be later than since by a millisecond at least.",
                *until ? "/until" : "/since");
  }
  return wanted;
}

answer show(unsigned status, const result<domain::recovery>& recovery) {
  if (!recovery) {
    return refuse(recovery.error());
  }
  return json_response(status, to_json(*recovery));
}

answer show_created(const result<domain::recovery>& recovery) {
  auto shown = show(202, recovery);
  if (shown) {
    shown->headers.emplace_back("Location", "/api/v1/subscriptions/" +
                                                to_string(recovery->subscription) + "/recoveries/" +
                                                to_string(recovery->id));
  }
  return shown;
}

answer create_recovery(const route_context& context, const call& call, store_sessions& sessions) {
  const auto subscription = path_id<subscription_id>(call.request());
  if (!subscription) {
    return refuse(subscription.error());
  }
  auto body = parse_json_object(call.request().body);
  if (!body) {
    return refuse(body.error());
  }
  const auto now = context.services.now();
  const auto wanted = read_request(*std::move(body), now);
  if (!wanted) {
    return refuse(wanted.error());
  }
  const recovery_id id{fresh_id(now)};
  sessions.will_create(id.value);
  return show_created(sessions.recoveries->create(call.tenant(), *subscription, id, *wanted, now));
}

answer find_created(const call& call, store_sessions& sessions, const domain::uuid& id) {
  const auto subscription = path_id<subscription_id>(call.request());
  if (!subscription) {
    return refuse(subscription.error());
  }
  return show_created(sessions.recoveries->find(call.tenant(), *subscription, {id}));
}

answer list_recoveries(const route_context& context, const call& call, store_sessions& sessions) {
  const auto subscription = path_id<subscription_id>(call.request());
  if (!subscription) {
    return refuse(subscription.error());
  }
  return list_page(
      call, recovery_list, context.cursors,
      [&](const auto& page) {
        return sessions.recoveries->list(call.tenant(), *subscription, page);
      },
      [](std::string& text, const domain::recovery& row) { text += to_json(row); },
      [](const domain::recovery& row) { return row.id.value; });
}

answer get_recovery(const call& call, store_sessions& sessions) {
  const auto subscription = path_id<subscription_id>(call.request());
  const auto id = path_id<recovery_id>(call.request(), "recovery_id");
  if (!subscription || !id) {
    return refuse(subscription ? id.error() : subscription.error());
  }
  return show(200, sessions.recoveries->find(call.tenant(), *subscription, *id));
}

answer cancel_recovery(const route_context& context, const call& call, store_sessions& sessions) {
  const auto subscription = path_id<subscription_id>(call.request());
  const auto id = path_id<recovery_id>(call.request(), "recovery_id");
  if (!subscription || !id) {
    return refuse(subscription ? id.error() : subscription.error());
  }
  return show(
      200, sessions.recoveries->cancel(call.tenant(), *subscription, *id, context.services.now()));
}

}  // namespace

void add_recovery_routes(operations& to, const route_context& context) {
  const std::string of = "/api/v1/subscriptions/{id}";
  const std::string one = of + "/recoveries/{recovery_id}";
  to.add_creation("POST", of + "/recover", access::manage, with_context(context, create_recovery),
                  find_created);
  to.add_stored("GET", of + "/recoveries", access::read, with_context(context, list_recoveries));
  to.add_stored("GET", one, access::read, get_recovery);
  to.add_stored("POST", one + "/cancel", access::manage, with_context(context, cancel_recovery));
}

}  // namespace talaria::http
