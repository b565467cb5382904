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

response reference_response() {
  return {.status = 200,
          .body = reference().html,
          .content_type = "text/html; charset=utf-8",
          .headers = {{"Content-Security-Policy", reference().content_security_policy},
                      {"X-Content-Type-Options", "nosniff"},
                      {"Referrer-Policy", "no-referrer"}},
          .close = false};
}

}  // namespace

void add_openapi_routes(operations& to) {
  to.add("GET", "/openapi.json", access::open, [](const call& call) {
    call.responder.send(json_response(200, std::string(openapi_document())));
  });
  to.add("GET", "/docs", access::open,
         [](const call& call) { call.responder.send(reference_response()); });
}

}  // namespace talaria::http
