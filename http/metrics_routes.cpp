#include "http/routes.hpp"

namespace talaria::http {
namespace {

response metrics_response(std::string text) {
  response shown;
  shown.body = std::move(text);
  shown.content_type = "text/plain; version=0.0.4; charset=utf-8";
  return shown;
}

}  // namespace

void add_metrics_routes(operations& to, const route_context& context) {
  to.add("GET", "/metrics", access::open, [&context](const call& call) {
    const bool accepted = context.post_to_scraper([responder = call.responder](scraper& scraper) {
      responder.send(metrics_response(scraper.scrape()));
    });
    if (!accepted) {
      call.responder.send(
          domain::error{domain::ec::overloaded, "Too many requests for the metrics wait.", ""});
    }
  });
}

}  // namespace talaria::http
