#include "delivery/address_guard.hpp"
#include "domain/limits.hpp"
#include "domain/subscription.hpp"
#include "domain/url.hpp"
#include "http/fresh_id.hpp"
#include "http/json_reader.hpp"
#include "http/literal_address.hpp"
#include "http/page.hpp"
#include "http/rendering.hpp"
#include "http/routes.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <sodium.h>

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
/// Those that still sign after rotations in quick succession; more would only burden receivers.
constexpr std::size_t secrets_max = 4;
constexpr int update_attempts = 3;

std::string etag_of(const domain::subscription& subscription) {
  return '"' + std::to_string(subscription.revision) + '"';
}

response subscription_response(unsigned status, const domain::subscription& subscription) {
  response shown = json_response(status, to_json(subscription));
  shown.headers.emplace_back("ETag", etag_of(subscription));
  return shown;
}

std::string random_secret() {
  std::string key(limits::secret_key_bytes_default, '\0');
  randombytes_buf(key.data(), key.size());
  return key;
}

/// Takes a member out of a body, so that what remains is for others to read.
result<std::optional<std::string>> take_string(json::object& body, std::string_view name) {
  const auto found = body.find(name);
  if (found == body.end()) {
    return std::nullopt;
  }
  if (!found->value().is_string()) {
    return fail(ec::wrong_type, "The field must be a string.", "/" + std::string(name));
  }
  std::string text(found->value().get_string());
  body.erase(found);
  return text;
}

result<std::string> take_secret(json::object& body) {
  const auto text = take_string(body, "secret");
  if (!text) {
    return tl::unexpected(text.error());
  }
  if (!*text) {
    return random_secret();
  }
  auto key = domain::parse_secret(**text);
  if (!key) {
    return fail(key.error().code, key.error().detail, "/secret");
  }
  return key;
}

result<std::optional<domain::application_id>> take_application(json::object& body) {
  const auto text = take_string(body, "application_id");
  if (!text) {
    return tl::unexpected(text.error());
  }
  if (!*text) {
    return std::nullopt;
  }
  const auto id = domain::parse_uuid(**text);
  if (!id) {
    return fail(ec::invalid_value, "The field must be a UUID.", "/application_id");
  }
  return domain::application_id{*id};
}

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

class subscription_operations {
public:
  explicit subscription_operations(const route_context& context) : context_(context) {}

  answer create(const call& call, store_sessions& sessions) const {
    auto body = parse_json_object(call.request().body);
    if (!body) {
      return refuse(body.error());
    }
    const auto secret = take_secret(*body);
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
    const auto application = context_.applications.find(call.who, *named, *sessions.catalog);
    if (!application) {
      return refuse(application.error());
    }
    domain::subscription created;
    created.created_at = created.updated_at = context_.services.now();
    created.id = {fresh_id(created.created_at)};
    created.application = *application;
    created.organization = call.who.organization;
    created.settings = std::move(*settings);
    created.secrets = {{.key = *secret, .expires_at = std::nullopt}};
    const auto stored = sessions.catalog->insert_subscription(std::move(created));
    if (!stored) {
      return refuse(stored.error());
    }
    context_.services.gateway.catalog_changed();
    response answer = subscription_response(201, *stored);
    answer.headers.emplace_back("Location", "/api/v1/subscriptions/" + to_string(stored->id));
    return answer;
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
        [](std::string& body, const domain::subscription& row) { body += to_json(row); },
        [](const domain::subscription& row) { return row.id.value; });
  }

  answer get(const call& call, store_sessions& sessions) const {
    const auto found = find(call, sessions);
    if (!found) {
      return refuse(found.error());
    }
    return subscription_response(200, *found);
  }

  answer change(const call& call, store_sessions& sessions) const {
    const auto body = parse_json_object(call.request().body);
    if (!body) {
      return refuse(body.error());
    }
    return update(call, sessions, [&](domain::subscription& changed) -> result<void> {
      auto settings = domain::merge_subscription_settings(*body, changed.settings);
      if (!settings) {
        return tl::unexpected(settings.error());
      }
      if (const auto checked = check_address(settings->url, context_.services.addresses);
          !checked) {
        return checked;
      }
      changed.settings = std::move(*settings);
      const auto* enabled = body->if_contains("enabled");
      if (enabled != nullptr && *enabled == json::value(true)) {
        // Who enables it again says that the receiver is back.
        changed.disabled = domain::disabled_reason::none;
      }
      return {};
    });
  }

  answer set_paused(const call& call, store_sessions& sessions, bool paused) const {
    return update(call, sessions, [paused](domain::subscription& changed) -> result<void> {
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
    return response{.status = 204, .body = {}, .content_type = {}, .headers = {}, .close = false};
  }

  answer show_secret(const call& call, store_sessions& sessions) const {
    const auto found = find(call, sessions);
    if (!found) {
      return refuse(found.error());
    }
    return secret_response(*found);
  }

  answer rotate_secret(const call& call, store_sessions& sessions) const {
    json::object body;
    if (!call.request().body.empty()) {
      auto parsed = parse_json_object(call.request().body);
      if (!parsed) {
        return refuse(parsed.error());
      }
      body = std::move(*parsed);
    }
    const auto secret = take_secret(body);
    if (!secret) {
      return refuse(secret.error());
    }
    const auto overlap = take_overlap(body);
    if (!overlap) {
      return refuse(overlap.error());
    }
    if (!body.empty()) {
      return refuse(ec::unknown_field, "A rotation has no field of this name.",
                    "/" + std::string(body.begin()->key()));
    }
    domain::subscription rotated;
    const auto updated = update(call, sessions, [&](domain::subscription& changed) -> result<void> {
      auto done = rotate(changed, *secret, *overlap);
      rotated = changed;
      return done;
    });
    if (!updated) {
      return updated;
    }
    return secret_response(rotated);
  }

  void send_test(const call& call, store_sessions& sessions) const {
    const auto found = find(call, sessions);
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
  static result<domain::subscription> find(const call& call, store_sessions& sessions) {
    const auto id = path_id<domain::subscription_id>(call.request());
    if (!id) {
      return tl::unexpected(id.error());
    }
    return sessions.catalog->find_subscription(call.tenant(), *id);
  }

  /// RFC 9110, section 13.1.1.
  static std::optional<problem> check_match(const call& call, const domain::subscription& current) {
    const auto wanted = call.request().header("If-Match");
    if (!wanted || *wanted == "*" || *wanted == etag_of(current)) {
      return std::nullopt;
    }
    return protocol_problem(412, "precondition_failed",
                            "The resource has changed since the version in If-Match.");
  }

  static std::optional<problem> check_precondition(const call& call, store_sessions& sessions) {
    if (!call.request().header("If-Match")) {
      return std::nullopt;
    }
    const auto current = find(call, sessions);
    return current ? check_match(call, *current) : to_problem(current.error());
  }

  using change_function = std::function<result<void>(domain::subscription&)>;

  /// Reads, changes and writes, again if somebody else wrote in between.
  answer update(const call& call, store_sessions& sessions, const change_function& change) const {
    for (int attempt = 1;; ++attempt) {
      auto current = find(call, sessions);
      if (!current) {
        return refuse(current.error());
      }
      if (const auto stale = check_match(call, *current)) {
        return tl::unexpected(*stale);
      }
      if (const auto changed = change(*current); !changed) {
        return refuse(changed.error());
      }
      current->updated_at = context_.services.now();
      const auto stored = sessions.catalog->update_subscription(std::move(*current));
      if (stored) {
        context_.services.gateway.catalog_changed();
        return subscription_response(200, *stored);
      }
      if (stored.error().code != ec::conflict || attempt == update_attempts) {
        return refuse(stored.error());
      }
    }
  }

  static result<std::chrono::hours> take_overlap(json::object& body) {
    const auto found = body.find("overlap_hours");
    if (found == body.end()) {
      return limits::secret_overlap_default;
    }
    if (!found->value().is_number()) {
      return fail(ec::wrong_type, "The field must be an integer.", "/overlap_hours");
    }
    boost::system::error_code failed;
    const auto hours = found->value().to_number<std::int64_t>(failed);
    if (failed || hours < 0 || hours > limits::secret_overlap_max.count()) {
      return fail(ec::invalid_value, "overlap_hours is an integer from 0 to 168.",
                  "/overlap_hours");
    }
    body.erase(found);
    return std::chrono::hours(hours);
  }

  result<void> rotate(domain::subscription& changed, const std::string& key,
                      std::chrono::hours overlap) const {
    const domain::timestamp now = context_.services.now();
    auto& secrets = changed.secrets;
    for (domain::signing_secret& former : secrets) {
      former.expires_at = std::min(former.expires_at.value_or(now + overlap), now + overlap);
    }
    std::erase_if(secrets, [now](const auto& former) { return *former.expires_at <= now; });
    if (secrets.size() >= secrets_max) {
      return fail(ec::conflict,
                  "The last rotations still overlap; wait, or rotate with a shorter "
                  "overlap_hours.");
    }
    secrets.insert(secrets.begin(), {.key = key, .expires_at = std::nullopt});
    return {};
  }

  static response secret_response(const domain::subscription& subscription) {
    json::array former;
    for (auto secret = subscription.secrets.begin() + 1; secret != subscription.secrets.end();
         ++secret) {
      former.push_back(json::object{
          {"secret", domain::secret_to_text(secret->key)},
          {"expires_at", domain::to_rfc3339(secret->expires_at.value_or(domain::timestamp{}))}});
    }
    return json_response(
        200, json::serialize(
                 json::object{{"secret", domain::secret_to_text(subscription.secrets.front().key)},
                              {"previous", std::move(former)}}));
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
  to.add_stored("POST", "/api/v1/subscriptions", access::manage, calling(&all::create));
  to.add_stored("GET", "/api/v1/subscriptions", access::read, calling(&all::list));
  to.add_stored("GET", one, access::read, calling(&all::get));
  to.add_stored("PATCH", one, access::manage, calling(&all::change));
  to.add_stored("DELETE", one, access::manage, calling(&all::remove));
  to.add_stored("GET", one + "/secret", access::manage, calling(&all::show_secret));
  to.add_stored("POST", one + "/secret/rotate", access::manage, calling(&all::rotate_secret));
  to.add_stored("POST", one + "/pause", access::manage, calling(&all::set_paused, true));
  to.add_stored("POST", one + "/resume", access::manage, calling(&all::set_paused, false));
  to.add_late_stored("POST", one + "/test", access::manage, calling(&all::send_test));
}

}  // namespace talaria::http
