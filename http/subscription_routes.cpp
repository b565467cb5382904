#include "delivery/address_guard.hpp"
#include "domain/limits.hpp"
#include "domain/subscription.hpp"
#include "domain/url.hpp"
#include "http/body_fields.hpp"
#include "http/fresh_id.hpp"
#include "http/json_reader.hpp"
#include "http/literal_address.hpp"
#include "http/page.hpp"
#include "http/rendering.hpp"
#include "http/routes.hpp"
#include "http/subscription_change.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <functional>

namespace talaria::http {
namespace {

using domain::ec;
using domain::fail;
using domain::result;
namespace limits = domain::limits;
namespace json = boost::json;

constexpr std::string_view subscription_list = "subscriptions";

/// Names are looked up when they are used, addresses can be refused now.
result<void> check_address(const std::string& url, const delivery::address_policy& policy) {
  const auto parsed = domain::parse_webhook_url(url);
  if (!parsed) {
    return fail(parsed.error().code, parsed.error().detail, "/url");
  }
  const auto address = literal_address(parsed->host);
  if (address && !policy.allows(*address, parsed->port)) {
    return fail(ec::blocked_address, "Deliveries may not go to this address.", "/url");
  }
  return {};
}

void set_settings(domain::subscription& changed, domain::subscription_settings settings) {
  if (is_asymmetric(changed.settings.signature) != is_asymmetric(settings.signature)) {
    // None of the former keys can sign in the new scheme.
    changed.secrets = {{.key = fresh_key(settings.signature), .expires_at = std::nullopt}};
  }
  changed.settings = std::move(settings);
}

class subscription_operations {
public:
  explicit subscription_operations(const route_context& context) : context_(context) {}

  answer create(const call& call, store_sessions& sessions) const {
    auto body = parse_json_object(call.request().body);
    if (!body) {
      return refuse(body.error());
    }
    const auto secret = take_string(*body, "secret");
    if (!secret) {
      return refuse(secret.error());
    }
    const auto named = take_application(*body);
    if (!named) {
      return refuse(named.error());
    }
    auto settings = domain::parse_subscription_settings(*body);
    if (!settings) {
      return refuse(settings.error());
    }
    if (const auto checked = check_address(settings->url, context_.services.addresses); !checked) {
      return refuse(checked.error());
    }
    const auto key = read_key(*secret, settings->signature);
    if (!key) {
      return refuse(key.error());
    }
    const auto application =
        context_.applications.find(call.who, *named, application_use::subscribe, *sessions.catalog);
    if (!application) {
      return refuse(application.error());
    }
    domain::subscription created;
    created.created_at = created.updated_at = context_.services.now();
    created.id = {fresh_id(created.created_at)};
    created.application = *application;
    created.organization = call.who.organization;
    created.settings = std::move(*settings);
    created.secrets = {{.key = *key, .expires_at = std::nullopt}};
    sessions.will_create(created.id.value);
    const auto stored = sessions.catalog->insert_subscription(
        std::move(created), call.who.limits.subscriptions_max.value_or(0));
    if (!stored) {
      return refuse(stored.error());
    }
    context_.services.gateway.catalog_changed();
    return show_created(*stored);
  }

  answer find_created(const call& call, store_sessions& sessions, const domain::uuid& id) const {
    const auto found = sessions.catalog->find_subscription(call.tenant(), {id});
    if (!found) {
      return refuse(found.error());
    }
    return show_created(*found);
  }

  answer list(const call& call, store_sessions& sessions) const {
    auto query = query_parameters::parse(call.request().query);
    if (!query) {
      return refuse(query.error());
    }
    const auto page = take_page(*query, subscription_list, context_.cursors);
    if (!page) {
      return refuse(page.error());
    }
    const auto tenant = take_tenant(*query, call);
    if (!tenant) {
      return refuse(tenant.error());
    }
    if (const auto all = query->check_all_taken(); !all) {
      return refuse(all.error());
    }
    const auto rows = sessions.catalog->list_subscriptions(*tenant, *page);
    if (!rows) {
      return refuse(rows.error());
    }
    return page_response(
        *rows, subscription_list, context_.cursors,
        [now = context_.services.now()](std::string& body, const domain::subscription& row) {
          body += to_json(row, now);
        },
        [](const domain::subscription& row) { return row.id.value; });
  }

  answer get(const call& call, store_sessions& sessions) const {
    const auto found = find_subscription(call, sessions);
    if (!found) {
      return refuse(found.error());
    }
    return subscription_response(200, *found, context_.services.now());
  }

  answer change(const call& call, store_sessions& sessions) const {
    const auto body = parse_json_object(call.request().body);
    if (!body) {
      return refuse(body.error());
    }
    return change_subscription(
        context_, call, sessions, [&](domain::subscription& changed) -> result<void> {
          auto settings = domain::merge_subscription_settings(*body, changed.settings);
          if (!settings) {
            return tl::unexpected(settings.error());
          }
          if (const auto checked = check_address(settings->url, context_.services.addresses);
              !checked) {
            return checked;
          }
          set_settings(changed, std::move(*settings));
          const auto* enabled = body->if_contains("enabled");
          if (enabled != nullptr && *enabled == json::value(true)) {
            // Who enables it again says that the receiver is back.
            changed.disabled = domain::disabled_reason::none;
          }
          return {};
        });
  }

  answer set_paused(const call& call, store_sessions& sessions, bool paused) const {
    return change_subscription(context_, call, sessions,
                               [paused](domain::subscription& changed) -> result<void> {
                                 changed.paused = paused;
                                 return {};
                               });
  }

  answer remove(const call& call, store_sessions& sessions) const {
    if (const auto missing = check_precondition(call, sessions)) {
      return tl::unexpected(*missing);
    }
    const auto id = path_id<domain::subscription_id>(call.request());
    if (!id) {
      return refuse(id.error());
    }
    const auto deleted =
        sessions.catalog->delete_subscription(call.tenant(), *id, context_.services.now());
    if (!deleted) {
      return refuse(deleted.error());
    }
    context_.services.gateway.catalog_changed();
    return no_content_response();
  }

  void send_test(const call& call, store_sessions& sessions) const {
    const auto found = find_subscription(call, sessions);
    if (!found) {
      call.responder.send(found.error());
      return;
    }
    const domain::timestamp now = context_.services.now();
    auto event = std::make_shared<domain::event>();
    event->id = {fresh_id(now)};
    event->application = found->application;
    event->type = "talaria.test";
    event->payload = R"({"message":"This is a test event from Talaria."})";
    event->occurred_at = event->received_at = now;
    context_.services.gateway.send_test(std::make_shared<const domain::subscription>(*found),
                                        std::move(event),
                                        [responder = call.responder](const domain::attempt& made) {
                                          responder.send(json_response(200, to_json(made)));
                                        });
  }

private:
  response show_created(const domain::subscription& created) const {
    response answer = subscription_response(201, created, context_.services.now());
    answer.headers.emplace_back("Location", "/api/v1/subscriptions/" + to_string(created.id));
    return answer;
  }

  static std::optional<problem> check_precondition(const call& call, store_sessions& sessions) {
    if (!call.request().header("If-Match")) {
      return std::nullopt;
    }
    const auto current = find_subscription(call, sessions);
    return current ? check_match(call, *current) : to_problem(current.error());
  }

  const route_context& context_;
};

}  // namespace

void add_subscription_routes(operations& to, const route_context& context) {
  const auto shared = std::make_shared<const subscription_operations>(context);
  const auto calling = [shared](auto member, auto... arguments) {
    return [=](const call& call, store_sessions& sessions) {
      return ((*shared).*member)(call, sessions, arguments...);
    };
  };
  using all = subscription_operations;
  const std::string one = "/api/v1/subscriptions/{id}";
  to.add_creation("POST", "/api/v1/subscriptions", access::manage, calling(&all::create),
                  [shared](const call& call, store_sessions& sessions, const domain::uuid& id) {
                    return shared->find_created(call, sessions, id);
                  });
  to.add_stored("GET", "/api/v1/subscriptions", access::read, calling(&all::list));
  to.add_stored("GET", one, access::read, calling(&all::get));
  to.add_stored("PATCH", one, access::manage, calling(&all::change));
  to.add_stored("DELETE", one, access::manage, calling(&all::remove));
  to.add_stored("POST", one + "/pause", access::manage, calling(&all::set_paused, true));
  to.add_stored("POST", one + "/resume", access::manage, calling(&all::set_paused, false));
  to.add_late_stored("POST", one + "/test", access::manage, calling(&all::send_test));
}

}  // namespace talaria::http
