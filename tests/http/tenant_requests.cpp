#include "tests/http/tenant_requests.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace talaria::http::test {

std::string bearer(const std::string& key) {
  return "Authorization: Bearer " + key + "\r\n";
}

reply send_with(api_fixture& api, const std::string& key, std::string_view method,
                std::string_view target, std::string_view body) {
  std::string headers = bearer(key);
  if (!body.empty()) {
    headers += "Content-Type: application/json\r\n";
  }
  return api.send_without_key(method, target, headers, body);
}

made_key make_key(api_fixture& api, std::string_view fields, const std::string& by) {
  const reply made =
      send_with(api, by, "POST", keys_path, fmt::format(R"({{"name":"k",{}}})", fields));
  CAPTURE(made.body);
  REQUIRE(made.status == 201);
  return {text_at(made, "/id"), text_at(made, "/key")};
}

std::string fault(const reply& reply) {
  return text_at(reply, "/code") + " " + text_at(reply, "/field");
}

other_organization add_organization(api_fixture& api, std::string_view fields) {
  const reply made = api.send("POST", "/api/v1/organizations", "{" + std::string(fields) + "}");
  CAPTURE(made.body);
  REQUIRE(made.status == 201);
  const std::string id = text_at(made, "/id");
  return {id, make_key(api, fmt::format(R"("scopes":["admin"],"organization_id":"{}")", id))};
}

}  // namespace talaria::http::test
