#include "http/api.hpp"

#include "http/noted_change.hpp"

#include <spdlog/spdlog.h>

#include <exception>

namespace talaria::http {
namespace {

using domain::ec;

constexpr unsigned accepted = 202;
constexpr std::size_t scrapes_waiting_max = 16;
constexpr std::string_view json_type = "application/json";

bool is_json_type(std::string_view type) {
  const std::string_view media = type.substr(0, type.find(';'));
  const std::string_view trimmed = media.substr(0, media.find_last_not_of(" \t") + 1);
  return equals_ignoring_case(trimmed, json_type);
}

std::optional<problem> check_media_type(const request& request) {
  if (request.body.empty()) {
    return std::nullopt;
  }
  const auto coding = request.header("Content-Encoding");
  if (coding && !equals_ignoring_case(*coding, "identity")) {
    return protocol_problem(415, "unsupported_media_type",
                            "Bodies are taken as they are: no content coding is supported.");
  }
  const auto type = request.header("Content-Type");
  if (type && !is_json_type(*type)) {
    return protocol_problem(415, "unsupported_media_type", "The body must be application/json.");
  }
  return std::nullopt;
}

domain::scope scope_for(access needed) {
  switch (needed) {
    case access::ingest:
      return domain::scope::ingest;
    case access::read:
    case access::observe:
      return domain::scope::read;
    case access::manage:
      return domain::scope::manage;
    case access::admin:
    case access::operate:
    case access::open:
      break;
  }
  return domain::scope::admin;
}

bool is_for_operators(access needed) {
  return needed == access::observe || needed == access::operate;
}

bool allows(access needed, const principal& who) {
  return who.allows(scope_for(needed)) && (!is_for_operators(needed) || who.operates());
}

std::string_view needs_text(access needed) {
  return is_for_operators(needed)
             ? "Only the organization that runs the installation may do this, with a key that has "
               "the scope for it and is bound to no application."
             : "The API key does not have the scope for this.";
}

actors::store_operation store_use_of(const request& request) {
  return request.route->method == "GET" ? actors::store_operation::request_read
                                        : actors::store_operation::request_write;
}

/// A fault of ours must not end the thread, nor leave the client without an answer.
template <class Function>
void guarded(const responder& responder, Function&& run) {
  try {
    run();
  } catch (const std::exception& thrown) {
    spdlog::error("http: request {} from {} failed: {}", responder.request_id(),
                  responder.request().client_address, thrown.what());
    responder.send(protocol_problem(500, "internal",
                                    "The request could not be completed; the log has the reason."));
  }
}

}  // namespace

api::api(api_options options, const http::services& services)
    : services_(services),
      metrics_(services.metrics),
      store_metrics_(services.metrics),
      applications_(services.now),
      cursors_(std::move(options.cursor_key)),
      event_types_(services.now),
      authenticator_(services.store, services.now, options.authentication, store_metrics_,
                     services.limits),
      key_watch_(services.store, authenticator_),
      actor_watch_(services.directory.lives()),
      context_{services_,
               applications_,
               cursors_,
               authenticator_,
               event_types_,
               event_limiter_,
               backlog_,
               [this](auto task) { return post_to_store(std::move(task)); },
               [this](auto task) { return scrapes_.post(std::move(task)); },
               metrics_,
               store_metrics_,
               actor_watch_},
      store_(options.store_threads, [&store = services.store] { return open_sessions(store); }),
      scrapes_({.threads = 1, .queue_max = scrapes_waiting_max},
               [&services, connections = std::move(options.connections)] {
                 return scraper(services, connections);
               }) {
  add_organization_routes(*this, context_);
  add_api_key_routes(*this, context_);
  add_event_type_routes(*this, context_);
  add_audit_routes(*this, context_);
  add_submission_routes(*this, context_);
  add_event_routes(*this, context_);
  add_subscription_routes(*this, context_);
  add_secret_routes(*this, context_);
  add_recovery_routes(*this, context_);
  add_delivery_routes(*this, context_);
  add_application_routes(*this, context_);
  add_queue_routes(*this, context_);
  add_actor_routes(*this, context_);
  add_cluster_routes(*this, context_);
  add_chaos_routes(*this, context_);
  add_health_routes(*this, context_);
  add_metrics_routes(*this, context_);
  add_openapi_routes(*this);
}

void api::stop() {
  key_watch_.stop();
  actor_watch_.stop();
  authenticator_.stop();
  store_.stop();
  scrapes_.stop();
}

void api::add(std::string method, std::string pattern, access needed, direct_operation operation,
              std::size_t body_bytes_max) {
  add_operation(std::move(method), std::move(pattern), body_bytes_max,
                {needed, std::move(operation)});
}

void api::add_stored(std::string method, std::string pattern, access needed,
                     stored_operation operation) {
  add_operation(std::move(method), std::move(pattern), domain::limits::management_body_bytes_max,
                {needed, std::move(operation)});
}

void api::add_creation(std::string method, std::string pattern, access needed,
                       stored_operation create, created_lookup find) {
  add_operation(std::move(method), std::move(pattern), domain::limits::management_body_bytes_max,
                {needed, creation_operation{std::move(create), std::move(find)}});
}

void api::add_late_stored(std::string method, std::string pattern, access needed,
                          late_stored_operation operation) {
  add_operation(std::move(method), std::move(pattern), domain::limits::management_body_bytes_max,
                {needed, std::move(operation)});
}

void api::add_operation(std::string method, std::string pattern, std::size_t body_bytes_max,
                        operation operation) {
  metrics_.add(router_.add(std::move(method), std::move(pattern), body_bytes_max));
  operations_.push_back(std::move(operation));
}

tl::expected<std::size_t, problem> api::admit(request& request) {
  return router_.find(request).map([](const route* found) { return found->body_bytes_max; });
}

void api::answered(const exchange_ticket& ticket, unsigned status, std::chrono::nanoseconds took) {
  metrics_.count(ticket.route, status, took);
  const bool ingested = status == accepted && ticket.route != nullptr &&
                        operations_.at(ticket.route->number).needed == access::ingest;
  if (ingested) {
    metrics_.count_ingest(took);
  }
}

void api::handle(responder responder) {
  guarded(responder, [&] {
    const request& request = responder.request();
    if (const auto wrong = check_media_type(request)) {
      responder.send(*wrong);
      return;
    }
    const operation& operation = operations_.at(request.route->number);
    if (operation.needed == access::open) {
      run(operation, {responder, {}});
    } else {
      authenticate(operation, responder);
    }
  });
}

void api::authenticate(const operation& operation, const responder& responder) {
  const auto began_at = std::chrono::steady_clock::now();
  const presented_key presented = find_api_key(responder.request());
  if (presented.ambiguous) {
    responder.send(
        protocol_problem(400, "malformed_request", "The request carries more than one API key."));
  } else if (!presented.key) {
    responder.send(domain::error{ec::unauthorized,
                                 "An API key is needed: Authorization: Bearer, or X-API-Key.", ""});
  } else if (const auto known = authenticator_.remembered(*presented.key)) {
    authenticated(operation, responder, *known, key_check::remembered, began_at);
  } else {
    authenticator_.authenticate(*presented.key, [this, &operation, responder,
                                                 began_at](const domain::result<principal>& who) {
      guarded(responder,
              [&] { authenticated(operation, responder, who, key_check::hashed, began_at); });
    });
  }
}

void api::authenticated(const operation& operation, const responder& responder,
                        const domain::result<principal>& who, key_check check,
                        steady_time began_at) {
  const bool refused = !who && who.error().code == ec::unauthorized;
  metrics_.count_authentication(check, refused, std::chrono::steady_clock::now() - began_at);
  authorize(operation, responder, who);
}

void api::authorize(const operation& operation, const responder& responder,
                    const domain::result<principal>& who) {
  if (!who) {
    responder.send(who.error());
  } else if (const auto limited = operation.needed == access::ingest
                                      ? std::nullopt
                                      : request_limiter_.admit(responder, who->organization,
                                                               who->limits.requests_per_minute)) {
    responder.send(*limited);
  } else if (!allows(operation.needed, *who)) {
    responder.send(domain::error{ec::forbidden, std::string(needs_text(operation.needed)), ""});
  } else {
    run(operation, {responder, *who});
  }
}

void api::run_in_store(const operation& operation, const call& call, store_sessions& sessions) {
  const domain::timestamp now = services_.now();
  const bool changes = call.request().route->method != "GET";
  if (const auto* late = std::get_if<late_stored_operation>(&operation.run)) {
    return run_noted(*late, call, sessions, now);
  }
  const auto* creation = std::get_if<creation_operation>(&operation.run);
  const auto* stored = std::get_if<stored_operation>(&operation.run);
  answer answer = store_metrics_.time(store_use_of(call.request()), [&] {
    return creation != nullptr ? create_once(creation->create, creation->find, call, sessions, now)
           : changes           ? run_noted(*stored, call, sessions, now)
                               : (*stored)(call, sessions);
  });
  if (answer) {
    call.responder.send(std::move(*answer));
  } else {
    call.responder.send(answer.error());
  }
}

void api::run(const operation& operation, call call) {
  if (const auto* direct = std::get_if<direct_operation>(&operation.run)) {
    return (*direct)(std::move(call));
  }
  const responder responder = call.responder;
  const bool accepted =
      post_to_store([this, &operation, call = std::move(call)](store_sessions& sessions) {
        guarded(call.responder, [&] { run_in_store(operation, call, sessions); });
      });
  if (!accepted) {
    responder.send(
        domain::error{ec::overloaded, "Too many requests wait for the store at this moment.", ""});
  }
}

bool api::post_to_store(std::function<void(store_sessions&)> task) {
  return store_.post(std::move(task));
}

}  // namespace talaria::http
