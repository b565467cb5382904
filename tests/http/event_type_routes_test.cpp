#include "tests/http/tenant_requests.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace talaria::http::test {
namespace {

constexpr std::string_view types_path = "/api/v1/event-types";

std::string event(std::string_view type, std::string_view payload) {
  return fmt::format(R"({{"type":"{}","payload":{}}})", type, payload);
}

}  // namespace

TEST_CASE("an event type is registered, shown, changed and deleted") {
  api_fixture api;
  const reply made = api.send(
      "POST", types_path, R"({"name":"order.paid","description":"d","schema":{"type":"object"}})");
  REQUIRE(made.status == 201);
  const std::string path = fmt::format("{}/{}", types_path, text_at(made, "/id"));
  CHECK(made.header("location") == path);
  CHECK(text_at(made, "/schema") == R"({"type":"object"})");
  CHECK(text_at(made, "/application_id") == to_string(api.application.id));
  CHECK(api.send("POST", types_path, R"({"name":"order.paid"})").status == 409);
  CHECK(text_at(api.send("GET", types_path), "/data/0/name") == "order.paid");
  const reply changed = api.send("PATCH", path, R"({"schema":null})");
  CHECK(changed.status == 200);
  CHECK(text_at(changed, "/schema") == "null");
  CHECK(text_at(changed, "/description") == "d");
  CHECK(api.send("DELETE", path).status == 204);
  CHECK(api.send("GET", path).status == 404);
  CHECK(api.send("DELETE", path).status == 404);
}

TEST_CASE("what is wrong with an event type is named") {
  api_fixture api;
  const auto refused = [&](std::string_view body) {
    return fault(api.send("POST", types_path, body));
  };
  CHECK(refused("{}") == "missing_field /name");
  CHECK(refused(R"({"name":"a..b"})") == "invalid_value /name");
  CHECK(refused(R"({"name":1})") == "wrong_type /name");
  CHECK(refused(R"({"name":"a","schema":"object"})") == "wrong_type /schema");
  CHECK(refused(R"({"name":"a","schema":{"pattern":"a"}})") == "not_supported /schema/pattern");
  CHECK(refused(R"({"name":"a","more":1})") == "unknown_field /more");
  CHECK(refused(R"({"name":"a","application_id":"x"})") == "invalid_value /application_id");
  const auto with_schema_of = [&](std::size_t bytes) {
    constexpr std::size_t around = std::string_view(R"({"title":""})").size();
    return api.send("POST", types_path,
                    fmt::format(R"({{"name":"a.{}","schema":{{"title":"{}"}}}})", bytes,
                                std::string(bytes - around, 't')));
  };
  CHECK(with_schema_of(32 * 1024).status == 201);
  CHECK(fault(with_schema_of(32 * 1024 + 1)) == "too_large /schema");
  const reply made = api.send("POST", types_path, R"({"name":"b"})");
  CHECK(fault(api.send("PATCH", fmt::format("{}/{}", types_path, text_at(made, "/id")),
                       R"({"name":"c"})")) == "unknown_field /name");
}

TEST_CASE("payloads of a type with a schema must match it from the next request on") {
  api_fixture api;
  CHECK(api.send("POST", "/api/v1/events", event("order.paid", "[]")).status == 202);
  const reply made = api.send("POST", types_path,
                              R"({"name":"order.paid","schema":{"type":"object","required":["id"],
                   "properties":{"id":{"type":"integer"}}}})");
  REQUIRE(made.status == 201);
  CHECK(api.send("POST", "/api/v1/events", event("order.paid", R"({"id":7})")).status == 202);
  CHECK(api.send("POST", "/api/v1/events", event("order.sent", "[]")).status == 202);
  const reply refused = api.send("POST", "/api/v1/events", event("order.paid", R"({"id":"7"})"));
  CHECK(refused.status == 422);
  CHECK(fault(refused) == "schema_mismatch /payload/id");
  const std::string path = fmt::format("{}/{}", types_path, text_at(made, "/id"));
  REQUIRE(api.send("PATCH", path, R"({"schema":null})").status == 200);
  CHECK(api.send("POST", "/api/v1/events", event("order.paid", "[]")).status == 202);
}

TEST_CASE("a payload that is costly to check is checked as well") {
  api_fixture api;
  std::string names = "\"a0\"";
  for (int index = 1; index < 2'000; ++index) {
    names += fmt::format(",\"a{}\"", index);
  }
  REQUIRE(api.send("POST", types_path,
                   fmt::format(R"({{"name":"a","schema":{{"items":{{"enum":[{}]}}}}}})", names))
              .status == 201);
  CHECK(api.send("POST", "/api/v1/events", event("a", R"(["a1","a1999"])")).status == 202);
  CHECK(fault(api.send("POST", "/api/v1/events", event("a", R"(["a1","b"])"))) ==
        "schema_mismatch /payload/1");
}

TEST_CASE("a strict application takes only registered types") {
  api_fixture api;
  const std::string application = "/api/v1/applications/" + to_string(api.application.id);
  CHECK(api.send("POST", "/api/v1/events", event("a", "1")).status == 202);
  const reply strict = api.send("PATCH", application, R"({"strict_event_types":true})");
  CHECK(text_at(strict, "/strict_event_types") == "true");
  CHECK(fault(api.send("POST", "/api/v1/events", event("a", "1"))) == "invalid_value /event_type");
  REQUIRE(api.send("POST", types_path, R"({"name":"a"})").status == 201);
  CHECK(api.send("POST", "/api/v1/events", event("a", "1")).status == 202);
  CHECK(fault(api.send("PATCH", application, R"({"strict_event_types":1})")) ==
        "wrong_type /strict_event_types");
}

TEST_CASE("a batch with a mismatch is refused as a whole, with each event at fault") {
  api_fixture api;
  REQUIRE(api.send("POST", types_path, R"({"name":"a","schema":{"type":"integer"}})").status ==
          201);
  const reply refused = api.send("POST", "/api/v1/events/batch",
                                 R"({"events":[{"type":"a","payload":1},{"type":"a","payload":"x"},
                             {"type":"a","payload":null}]})");
  CHECK(refused.status == 422);
  CHECK(text_at(refused, "/errors/0/index") == "1");
  CHECK(text_at(refused, "/errors/0/code") == "schema_mismatch");
  CHECK(text_at(refused, "/errors/1/index") == "2");
  CHECK(text_at(api.send("GET", "/api/v1/events"), "/data") == "[]");
}

}  // namespace talaria::http::test
