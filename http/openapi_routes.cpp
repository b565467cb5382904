#include "http/openapi_document.hpp"
#include "http/routes.hpp"

namespace talaria::http {

void add_openapi_routes(operations& to) {
  to.add("GET", "/openapi.json", access::open, [](const call& call) {
    call.responder.send(json_response(200, std::string(openapi_document())));
  });
}

}  // namespace talaria::http
