#include "tests/http/tenant_requests.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace talaria::http::test {

TEST_CASE("changes are in the audit log, with who made them and to what; other requests are not") {
  api_fixture api;
  const auto count = [&] {
    return json_of(api.send("GET", "/api/v1/audit-log")).at("data").as_array().size();
  };
  const reply made = api.send("POST", "/api/v1/applications", R"({"name":"shop"})");
  const std::string id = text_at(made, "/id");
  const reply log = api.send("GET", "/api/v1/audit-log");
  CHECK(text_at(log, "/data/0/method") == "POST");
  CHECK(text_at(log, "/data/0/route") == "/api/v1/applications");
  CHECK(text_at(log, "/data/0/resource") == id);
  CHECK(text_at(log, "/data/0/api_key_name") == "test");
  CHECK(text_at(log, "/data/0/request_id") == made.header("x-request-id"));
  CHECK(text_at(log, "/data/0/client_address") == "127.0.0.1");
  CHECK(count() == 1);
  CHECK(api.send("POST", "/api/v1/applications", R"({"name":"shop"})").status == 409);
  CHECK(api.send("GET", "/api/v1/applications/" + id).status == 200);
  api.submit();
  CHECK(count() == 1);
  CHECK(api.send("DELETE", "/api/v1/applications/" + id).status == 204);
  CHECK(text_at(api.send("GET", "/api/v1/audit-log"), "/data/0/route") ==
        "/api/v1/applications/{id}");
  CHECK(text_at(api.send("GET", "/api/v1/audit-log"), "/data/0/resource") == id);
  CHECK(api.send("POST", "/api/v1/queues/low/pause").status == 200);
  CHECK(text_at(api.send("GET", "/api/v1/audit-log"), "/data/0/resource") == "low");
  CHECK(count() == 3);
  const auto acme = add_organization(api);
  const reply foreign = send_with(api, acme.admin.text, "GET", "/api/v1/audit-log");
  CHECK(json_of(foreign).at("data").as_array().empty());
}

TEST_CASE("a creation that is repeated under its idempotency key creates nothing more") {
  api_fixture api;
  struct creation_case {
    std::string path;
    std::string body;
    std::string other_body;
    unsigned status;
  };
  const std::string subscription = api.subscribe();
  for (const creation_case& tried : {
           creation_case{"/api/v1/applications", R"({"name":"shop"})", R"({"name":"b"})", 201},
           creation_case{"/api/v1/organizations", R"({"name":"acme"})", R"({"name":"b"})", 201},
           creation_case{"/api/v1/api-keys", R"({"name":"k","scopes":["read"]})",
                         R"({"name":"b","scopes":["read"]})", 201},
           creation_case{"/api/v1/event-types", R"({"name":"a.b"})", R"({"name":"b"})", 201},
           creation_case{"/api/v1/subscriptions", R"({"url":"https://example.com/a"})",
                         R"({"url":"https://example.com/b"})", 201},
           creation_case{"/api/v1/subscriptions/" + subscription + "/recover",
                         R"({"since":"2026-01-01T00:00:00Z"})",
                         R"({"since":"2026-01-02T00:00:00Z"})", 202},
       }) {
    CAPTURE(tried.path);
    const std::string header = "Idempotency-Key: the key\r\n";
    const reply first = api.send("POST", tried.path, tried.body, header);
    CAPTURE(first.body);
    REQUIRE(first.status == tried.status);
    CHECK(first.header("idempotency-replayed").empty());
    const reply again = api.send("POST", tried.path, tried.body, header);
    CHECK(again.status == tried.status);
    CHECK(again.header("idempotency-replayed") == "true");
    CHECK(again.header("location") == first.header("location"));
    CHECK(text_at(again, "/id") == text_at(first, "/id"));
    CHECK(text_at(again, "/key") == "(nothing there)");
    const reply other = api.send("POST", tried.path, tried.other_body, header);
    CHECK(other.status == 409);
    CHECK(fault(other) == "idempotency_conflict /idempotency_key");
  }
}

TEST_CASE("an idempotency key of a creation counts for a day, and for its organization") {
  api_fixture api;
  const auto acme = add_organization(api);
  const std::string header = "Idempotency-Key: k\r\n";
  const std::string body = R"({"url":"https://example.com/a"})";
  const auto subscribe = [&] {
    return text_at(api.send("POST", "/api/v1/subscriptions", body, header), "/id");
  };
  const std::string first = subscribe();
  CHECK(subscribe() == first);
  const reply foreign = api.send_without_key(
      "POST", "/api/v1/subscriptions",
      bearer(acme.admin.text) + "Content-Type: application/json\r\n" + header, body);
  CHECK(foreign.status == 201);
  CHECK(text_at(foreign, "/id") != first);
  api.clock_offset_s = 24 * 3600 - 60;
  CHECK(subscribe() == first);
  api.clock_offset_s = 24 * 3600 + 60;
  CHECK(subscribe() != first);
  for (const std::string& bad :
       {std::string("Idempotency-Key: \r\n"), "Idempotency-Key: " + std::string(256, 'k') + "\r\n",
        header + header}) {
    const reply refused = api.send("POST", "/api/v1/subscriptions", body, bad);
    CHECK(refused.status == 422);
    CHECK(text_at(refused, "/field") == "/idempotency_key");
  }
  CHECK(api.send("POST", "/api/v1/subscriptions", body,
                 "Idempotency-Key: " + std::string(255, 'k') + "\r\n")
            .status == 201);
}

}  // namespace talaria::http::test
