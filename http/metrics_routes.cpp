#include "http/routes.hpp"

#include <prometheus/text_serializer.h>

namespace talaria::http {

void add_metrics_routes(operations& to, const route_context& context) {
  to.add_stored(
      "GET", "/metrics", access::open, [&context](const call&, store_sessions&) -> answer {
        response shown;
        shown.body = prometheus::TextSerializer().Serialize(context.services.metrics.Collect());
        shown.content_type = "text/plain; version=0.0.4; charset=utf-8";
        return shown;
      });
}

}  // namespace talaria::http
