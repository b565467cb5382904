#pragma once

#include "http/application_finder.hpp"
#include "http/cursor.hpp"
#include "http/operation.hpp"
#include "http/services.hpp"

namespace talaria::http {

/// What all routes files share.
struct route_context {
  const http::services& services;
  application_finder& applications;
  const cursor_codec& cursors;
  store_poster post_to_store;
};

// One function for each resource, in the file of its name. The context must outlive the operations.
void add_actor_routes(operations& to, const route_context& context);
void add_application_routes(operations& to, const route_context& context);
void add_delivery_routes(operations& to, const route_context& context);
void add_event_routes(operations& to, const route_context& context);
void add_health_routes(operations& to, const route_context& context);
void add_metrics_routes(operations& to, const route_context& context);
void add_openapi_routes(operations& to);
void add_queue_routes(operations& to, const route_context& context);
void add_recovery_routes(operations& to, const route_context& context);
void add_secret_routes(operations& to, const route_context& context);
void add_submission_routes(operations& to, const route_context& context);
void add_subscription_routes(operations& to, const route_context& context);

}  // namespace talaria::http
