#include "http/fresh_id.hpp"
#include "tests/http/api_fixture.hpp"

#include <doctest/doctest.h>

namespace talaria::http::test {
namespace {

const std::string collection = "/api/v1/applications";

}  // namespace

TEST_CASE("applications are created, shown, changed and deleted") {
  api_fixture api;
  const reply made = api.send("POST", collection, R"({"name":"shop","metadata":{"team":"a"}})");
  CHECK(made.status == 201);
  const std::string path = collection + "/" + text_at(made, "/id");
  CHECK(made.header("location") == path);
  CHECK(text_at(made, "/metadata/team") == "a");
  CHECK(json_of(api.send("GET", path)) == json_of(made));

  const reply listed = api.send("GET", collection);
  CHECK(text_at(listed, "/data/0/name") == "shop");
  CHECK(text_at(listed, "/data/1/name") == "default");

  const reply changed = api.send("PATCH", path, R"({"name":"store"})");
  CHECK(changed.status == 200);
  CHECK(text_at(changed, "/name") == "store");
  CHECK(text_at(changed, "/metadata/team") == "a");

  CHECK(api.send("DELETE", path).status == 204);
  CHECK(api.send("DELETE", path).status == 404);
  CHECK(api.send("GET", path).status == 404);
  CHECK(api.gateway.catalog_changes() == 3);
}

TEST_CASE("the system application is subscribed to, but neither submitted to nor deleted") {
  api_fixture api;
  const domain::timestamp now = api.application.created_at;
  REQUIRE(
      api.store->open_catalog()->ensure_system_applications(now, [&] { return fresh_id(now); }));
  const reply listed = api.send("GET", collection);
  REQUIRE(text_at(listed, "/data/0/system") == "true");
  CHECK(text_at(listed, "/data/1/system") == "false");
  const std::string id = text_at(listed, "/data/0/id");

  const std::string named = R"(,"application_id":")" + id + "\"}";
  const reply subscribed =
      api.send("POST", "/api/v1/subscriptions", R"({"url":"https://ops.example/hook")" + named);
  CHECK(subscribed.status == 201);
  CHECK(text_at(subscribed, "/application_id") == id);
  for (int again = 0; again < 2; ++again) {
    const reply submitted =
        api.send("POST", "/api/v1/events", R"({"event_type":"delivery.dead","payload":1)" + named);
    CHECK(submitted.status == 422);
    CHECK(text_at(submitted, "/field") == "/application_id");
  }
  const reply deleted = api.send("DELETE", collection + "/" + id);
  CHECK(deleted.status == 409);
  CHECK(text_at(deleted, "/code") == "conflict");
}

TEST_CASE("an application's metadata may be as deep as a body, and no deeper") {
  api_fixture api;
  const auto nested = [](std::size_t depth) {
    std::string text = "1";
    for (std::size_t level = 0; level < depth; ++level) {
      text = R"({"a":)" + text + "}";
    }
    return text;
  };
  const auto create = [&](const std::string& metadata) {
    return api.send("POST", collection, R"({"name":"deep","metadata":)" + metadata + "}");
  };
  CHECK(create(nested(64)).status == 400);
  const reply made = create(nested(63));
  CHECK(made.status == 201);
  CHECK(made.contains(nested(63)));
}

TEST_CASE("an application's retention is shown and changed, and null makes it the default") {
  api_fixture api;
  const reply made = api.send("POST", collection, R"({"name":"shop","retention_days":7})");
  CHECK(made.status == 201);
  CHECK(text_at(made, "/retention_days") == "7");
  const std::string path = collection + "/" + text_at(made, "/id");
  CHECK(text_at(api.send("PATCH", path, R"({"name":"store"})"), "/retention_days") == "7");
  CHECK(text_at(api.send("PATCH", path, R"({"retention_days":null})"), "/retention_days") ==
        "null");
  CHECK(text_at(api.send("GET", path), "/retention_days") == "null");
  const reply other = api.send("POST", collection, R"({"name":"other"})");
  CHECK(text_at(other, "/retention_days") == "null");
}

TEST_CASE("an invalid application is refused") {
  api_fixture api;
  const auto answer = [&](const std::string& body) {
    const reply got = api.send("POST", collection, body);
    return std::to_string(got.status) + ' ' + text_at(got, "/code") + ' ' + text_at(got, "/field");
  };
  CHECK(answer("{}") == "422 missing_field /name");
  CHECK(answer(R"({"name":5})") == "422 wrong_type /name");
  CHECK(answer(R"({"name":""})") == "422 invalid_value /name");
  CHECK(answer(R"({"name":"a\u0000"})") == "422 invalid_value /name");
  CHECK(answer(R"({"name":"a","metadata":[]})") == "422 wrong_type /metadata");
  CHECK(answer(R"({"name":"a","colour":1})") == "422 unknown_field /colour");
  CHECK(answer(R"({"name":"default"})") == "409 conflict /name");
  CHECK(answer(R"({"name":")" + std::string(128, 'n') + "\"}").starts_with("201"));
  CHECK(answer(R"({"name":")" + std::string(129, 'n') + "\"}") == "422 invalid_value /name");
  const auto metadata = [](std::size_t bytes) {
    return R"({"name":"m","metadata":{"k":")" + std::string(bytes - 8, 'v') + "\"}}";
  };
  CHECK(answer(metadata(4096)).starts_with("201"));
  CHECK(answer(metadata(4097)) == "422 invalid_value /metadata");
  const auto retention = [](const std::string& days) {
    return R"({"name":"kept )" + days + R"(","retention_days":)" + days + "}";
  };
  for (const auto* good : {"1", "3650", "null"}) {
    CHECK(answer(retention(good)).starts_with("201"));
  }
  for (const auto* bad : {"0", "3651", "-1", "1.5", "4294967297", "1e300"}) {
    CHECK(answer(retention(bad)) == "422 invalid_value /retention_days");
  }
  CHECK(answer(R"({"name":"a","retention_days":"7"})") == "422 wrong_type /retention_days");
}

TEST_CASE("events and subscriptions go to the application they name") {
  api_fixture api;
  const std::string id = text_at(api.send("POST", collection, R"({"name":"shop"})"), "/id");
  const std::string naming = R"(,"application_id":")" + id + "\"";
  const std::string subscription = api.subscribe(naming);
  CHECK(text_at(api.send("GET", "/api/v1/subscriptions/" + subscription), "/application_id") == id);
  const reply event =
      api.send("POST", "/api/v1/events", R"({"type":"a","payload":1)" + naming + "}");
  CHECK(event.status == 202);
  api.submit();
  const reply listed = api.send("GET", "/api/v1/events?application_id=" + id);
  CHECK(json_of(listed).at("data").as_array().size() == 1);
  CHECK(text_at(listed, "/data/0/application_id") == id);
  CHECK(json_of(api.send("GET", "/api/v1/deliveries")).at("data").as_array().size() == 1);
}

TEST_CASE("without an application named default, one must be named") {
  api_fixture api;
  api.submit();
  api.send("PATCH", collection + "/" + to_string(api.application.id), R"({"name":"renamed"})");
  const reply got = api.send("POST", "/api/v1/events", R"({"type":"a","payload":1})");
  CHECK(got.status == 422);
  CHECK(text_at(got, "/field") == "/application_id");
}

TEST_CASE("a key that is bound to an application sees and makes only what is its own") {
  api_fixture_options options;
  options.key.bound_to_default = true;
  api_fixture api(options);
  const auto catalog = api.store->open_catalog();
  domain::application other = api.application;
  other.name = "other";
  other.id.value.bytes[15] ^= 1;
  REQUIRE(catalog->insert_application(other).has_value());
  domain::subscription foreign;
  foreign.id = {other.id.value};
  foreign.application = other.id;
  foreign.organization = api.organization.id;
  foreign.settings.url = "https://example.com/";
  foreign.secrets = {{.key = std::string(32, 'k'), .expires_at = std::nullopt}};
  REQUIRE(catalog->insert_subscription(foreign).has_value());
  const std::string path = "/api/v1/subscriptions/" + to_string(foreign.id);

  CHECK(api.send("GET", path).status == 404);
  CHECK(api.send("PATCH", path, "{}").status == 404);
  CHECK(api.send("DELETE", path).status == 404);
  CHECK(api.send("GET", path + "/secret").status == 404);
  CHECK(text_at(api.send("GET", "/api/v1/subscriptions"), "/data") == "[]");
  CHECK(api.send("GET", collection + "/" + to_string(other.id)).status == 404);
  CHECK(api.send("POST", collection, R"({"name":"mine"})").status == 403);
  CHECK(api.send("DELETE", collection + "/" + to_string(api.application.id)).status == 403);
  const std::string naming = R"("application_id":")" + to_string(other.id) + "\"}";
  CHECK(api.send("POST", "/api/v1/events", R"({"type":"a","payload":1,)" + naming).status == 403);
  CHECK(api.send("POST", "/api/v1/subscriptions", R"({"url":"https://example.com/",)" + naming)
            .status == 403);
  CHECK(api.send("GET", "/api/v1/events?application_id=" + to_string(other.id)).status == 403);
  api.submit();
  api.subscribe();
}

}  // namespace talaria::http::test
