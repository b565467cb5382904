#include "http/routes.hpp"

namespace talaria::http {

void add_health_routes(operations& to, const route_context& context) {
  to.add("GET", "/health/live", access::open,
         [](const call& call) { call.responder.send(json_response(200, R"({"status":"live"})")); });
  to.add_stored("GET", "/health/ready", access::open,
                [&context](const call&, store_sessions& sessions) -> answer {
                  if (context.services.draining()) {
                    return refuse(domain::ec::draining, "The node is shutting down.");
                  }
                  if (const auto probed = sessions.store->probe(); !probed) {
                    return refuse(probed.error());
                  }
                  return json_response(200, R"({"status":"ready"})");
                });
}

}  // namespace talaria::http
