#include "http/openapi_document.hpp"
#include "http/reference_page.hpp"
#include "http/routes.hpp"

namespace talaria::http {
namespace {

/// Made once, in a few milliseconds, when somebody first asks for it.
const reference_page& reference() {
  static const reference_page page = render_reference(openapi_document());
  return page;
}

response static_response(std::string_view body, std::string content_type) {
  response made = json_response(200, {});
  made.content_type = std::move(content_type);
  made.static_body = body;
  return made;
}

response reference_response() {
  response made = static_response(reference().html, "text/html; charset=utf-8");
  made.headers = {{"Content-Security-Policy", reference().content_security_policy},
                  {"X-Content-Type-Options", "nosniff"},
                  {"Referrer-Policy", "no-referrer"}};
  return made;
}

}  // namespace

void add_openapi_routes(operations& to) {
  to.add("GET", "/openapi.json", access::open, [](const call& call) {
    call.responder.send(static_response(openapi_document(), "application/json"));
  });
  to.add("GET", "/docs", access::open,
         [](const call& call) { call.responder.send(reference_response()); });
}

}  // namespace talaria::http
