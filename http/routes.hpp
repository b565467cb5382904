#pragma once

#include "actors/store_metrics.hpp"
#include "http/actor_watch.hpp"
#include "http/application_finder.hpp"
#include "http/authenticator.hpp"
#include "http/backlog_quota.hpp"
#include "http/cursor.hpp"
#include "http/event_type_registry.hpp"
#include "http/metrics.hpp"
#include "http/operation.hpp"
#include "http/organization_limiter.hpp"
#include "http/scraper.hpp"
#include "http/services.hpp"

#include <functional>

namespace talaria::http {

/// What all routes files share.
struct route_context {
  const http::services& services;
  application_finder& applications;
  const cursor_codec& cursors;
  authenticator& keys;
  event_type_registry& event_types;
  organization_limiter& event_limiter;
  backlog_quota& backlog;
  store_poster post_to_store;
  /// As `post_to_store`, on the thread that renders metrics.
  std::function<bool(std::function<void(scraper&)>)> post_to_scraper;
  http_metrics& metrics;
  actors::store_metrics& store_metrics;
  http::actor_watch& actor_watch;
};

/// An operation of a routes file, as the table of operations has it.
///
/// @param operation `answer(const route_context&, const call&, store_sessions&)`
template <class Operation>
auto with_context(const route_context& context, Operation operation) {
  return [&context, operation](const call& call, store_sessions& sessions) {
    return operation(context, call, sessions);
  };
}

// One function for each resource, in the file of its name. The context must outlive the operations.
void add_actor_routes(operations& to, const route_context& context);
void add_api_key_routes(operations& to, const route_context& context);
void add_application_routes(operations& to, const route_context& context);
void add_audit_routes(operations& to, const route_context& context);
void add_chaos_routes(operations& to, const route_context& context);
void add_cluster_routes(operations& to, const route_context& context);
void add_delivery_routes(operations& to, const route_context& context);
void add_event_routes(operations& to, const route_context& context);
void add_event_type_routes(operations& to, const route_context& context);
void add_health_routes(operations& to, const route_context& context);
void add_metrics_routes(operations& to, const route_context& context);
void add_openapi_routes(operations& to);
void add_organization_routes(operations& to, const route_context& context);
void add_queue_routes(operations& to, const route_context& context);
void add_recovery_routes(operations& to, const route_context& context);
void add_secret_routes(operations& to, const route_context& context);
void add_submission_routes(operations& to, const route_context& context);
void add_subscription_routes(operations& to, const route_context& context);

}  // namespace talaria::http
