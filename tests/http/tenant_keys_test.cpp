#include "http/fresh_id.hpp"
#include "http/key_watch.hpp"
#include "tests/http/tenant_requests.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <future>

namespace talaria::http::test {
namespace {

domain::result<principal> authenticate(authenticator& keys, const std::string& key) {
  std::promise<domain::result<principal>> answer;
  keys.authenticate(key, [&](domain::result<principal> who) { answer.set_value(std::move(who)); });
  return answer.get_future().get();
}

}  // namespace

TEST_CASE("a key is shown once, and then works with the scopes it was given") {
  api_fixture api;
  const reply made = api.send("POST", keys_path, R"({"name":"shop","scopes":["ingest","read"]})");
  REQUIRE(made.status == 201);
  const std::string id = text_at(made, "/id");
  const std::string key = text_at(made, "/key");
  CHECK(made.header("location") == "/api/v1/api-keys/" + id);
  CHECK(key.starts_with(text_at(made, "/prefix") + "_"));
  CHECK(text_at(made, "/scopes") == R"(["ingest","read"])");
  CHECK(text_at(made, "/expires_at") == "null");
  CHECK(text_at(made, "/application_id") == "null");

  CHECK(send_with(api, key, "POST", "/api/v1/events", R"({"type":"a","payload":1})").status == 202);
  CHECK(send_with(api, key, "GET", "/api/v1/events").status == 200);
  CHECK(send_with(api, key, "GET", keys_path).status == 403);

  const reply shown = api.send("GET", "/api/v1/api-keys/" + id);
  CHECK(shown.status == 200);
  CHECK(text_at(shown, "/name") == "shop");
  CHECK(text_at(shown, "/key") == "(nothing there)");
  CHECK(shown.body.find("argon2") == std::string::npos);
  CHECK(text_at(api.send("GET", keys_path), "/data/0/id") == id);
}

TEST_CASE("a revoked or rotated key is refused by the next request") {
  api_fixture api;
  const made_key revoked = make_key(api, R"("scopes":["read"])");
  const made_key rotated = make_key(api, R"("scopes":["read"])");
  for (const made_key& key : {revoked, rotated}) {
    REQUIRE(send_with(api, key.text, "GET", "/api/v1/events").status == 200);
  }
  CHECK(api.send("DELETE", "/api/v1/api-keys/" + revoked.id).status == 204);
  const reply renewed = api.send("POST", "/api/v1/api-keys/" + rotated.id + "/rotate");
  CHECK(renewed.status == 200);
  for (const made_key& key : {revoked, rotated}) {
    CHECK(send_with(api, key.text, "GET", "/api/v1/events").status == 401);
  }
  CHECK(send_with(api, text_at(renewed, "/key"), "GET", "/api/v1/events").status == 200);
  CHECK(api.send("GET", "/api/v1/api-keys/" + revoked.id).status == 404);
  CHECK(api.send("DELETE", "/api/v1/api-keys/" + revoked.id).status == 404);
}

TEST_CASE("another node learns of a revoked key when it looks, and of its use by the store") {
  api_fixture api;
  const made_key key = make_key(api, R"("scopes":["read"])");
  actors::store_metrics timed(api.metrics);
  authenticator elsewhere(*api.store, system_time, {}, timed);
  key_watch watch(*api.store, elsewhere);
  REQUIRE(authenticate(elsewhere, key.text));
  watch.look();
  CHECK(elsewhere.remembered(key.text));
  watch.write_uses();
  CHECK(text_at(api.send("GET", "/api/v1/api-keys/" + key.id), "/last_used_at") != "null");

  REQUIRE(api.send("DELETE", "/api/v1/api-keys/" + key.id).status == 204);
  CHECK(elsewhere.remembered(key.text));
  watch.look();
  CHECK_FALSE(elsewhere.remembered(key.text));
  CHECK_FALSE(authenticate(elsewhere, key.text));
}

TEST_CASE("what was found out before a key was to be forgotten is not remembered after") {
  api_fixture api;
  const made_key key = make_key(api, R"("scopes":["read"])");
  actors::store_metrics timed(api.metrics);
  authenticator keys(*api.store, system_time, {}, timed);
  const domain::api_key_id id{*domain::parse_uuid(key.id)};
  // As if it were revoked while it is being hashed: whenever that ends, something was forgotten.
  std::atomic<bool> hashing{true};
  std::thread forgetting([&] {
    while (hashing) {
      keys.forget(std::span{&id, 1});
    }
  });
  const auto who = authenticate(keys, key.text);
  hashing = false;
  forgetting.join();
  CHECK(who.has_value());
  CHECK_FALSE(keys.remembered(key.text));
}

TEST_CASE("the expiry of a key can be set and changed, to a time that is to come") {
  api_fixture api;
  const made_key key = make_key(api, R"("scopes":["read"],"expires_at":"2999-01-01T00:00:00Z")");
  const std::string path = "/api/v1/api-keys/" + key.id;
  CHECK(text_at(api.send("GET", path), "/expires_at") == "2999-01-01T00:00:00.000000Z");
  CHECK(fault(api.send("PATCH", path, R"({"expires_at":"2020-01-01T00:00:00Z"})")) ==
        "invalid_value /expires_at");
  CHECK(fault(api.send("PATCH", path, R"({"expires_at":"tomorrow"})")) ==
        "invalid_value /expires_at");
  CHECK(fault(api.send("PATCH", path, R"({"scopes":["admin"]})")) == "unknown_field /scopes");
  const reply changed = api.send("PATCH", path, R"({"expires_at":null,"name":"renamed"})");
  CHECK(changed.status == 200);
  CHECK(text_at(changed, "/expires_at") == "null");
  CHECK(text_at(changed, "/name") == "renamed");
}

TEST_CASE("what is wrong with a new key is named") {
  api_fixture api;
  const auto refused = [&](std::string_view body) {
    return fault(api.send("POST", keys_path, body));
  };
  CHECK(refused(R"({"scopes":["read"]})") == "missing_field /name");
  CHECK(refused(R"({"name":"k"})") == "missing_field /scopes");
  CHECK(refused(R"({"name":"k","scopes":[]})") == "invalid_value /scopes");
  CHECK(refused(R"({"name":"k","scopes":"read"})") == "wrong_type /scopes");
  CHECK(refused(R"({"name":"k","scopes":["read","all"]})") == "invalid_value /scopes/1");
  CHECK(refused(R"({"name":"","scopes":["read"]})") == "invalid_value /name");
  CHECK(refused(R"({"name":"k","scopes":["read"],"key":"mine"})") == "unknown_field /key");
  CHECK(refused(R"({"name":"k","scopes":["read"],"application_id":"x"})") ==
        "invalid_value /application_id");
  CHECK(refused(R"({"name":"k","scopes":["read"],
                    "application_id":"01990f6d-0a11-7b22-8c33-1d2e3f405162"})") ==
        "invalid_value /application_id");
  CHECK(refused(R"({"name":"k","scopes":["read"],
                    "organization_id":"01990f6d-0a11-7b22-8c33-1d2e3f405162"})") ==
        "invalid_value /organization_id");
}

TEST_CASE("nobody makes or changes a key that may do more than their own") {
  api_fixture api;
  const made_key manager = make_key(api, R"("scopes":["manage"])");
  const auto attempt = [&](std::string_view scopes) {
    return send_with(api, manager.text, "POST", keys_path,
                     fmt::format(R"({{"name":"k","scopes":[{}]}})", scopes));
  };
  CHECK(attempt(R"("read","manage")").status == 201);
  CHECK(attempt(R"("read","ingest")").status == 403);
  CHECK(attempt(R"("admin")").status == 403);
  const made_key strong = make_key(api, R"("scopes":["admin"])");
  const std::string path = "/api/v1/api-keys/" + strong.id;
  CHECK(send_with(api, manager.text, "POST", path + "/rotate").status == 403);
  CHECK(send_with(api, manager.text, "DELETE", path).status == 403);
  CHECK(send_with(api, manager.text, "PATCH", path, R"({"name":"x"})").status == 403);
}

TEST_CASE("a key that is bound to an application stays within it") {
  api_fixture api;
  const std::string application = to_string(api.application.id);
  const made_key bound =
      make_key(api, fmt::format(R"("scopes":["admin"],"application_id":"{}")", application));
  const made_key free = make_key(api, R"("scopes":["read"])");
  const auto made = make_key(api, R"("scopes":["read"])", bound.text);
  CHECK(text_at(api.send("GET", "/api/v1/api-keys/" + made.id), "/application_id") == application);
  CHECK(send_with(api, bound.text, "GET", "/api/v1/api-keys/" + free.id).status == 404);
  CHECK(send_with(api, bound.text, "DELETE", "/api/v1/api-keys/" + free.id).status == 404);
  CHECK(send_with(api, bound.text, "GET", "/api/v1/actors").status == 403);
  CHECK(send_with(api, bound.text, "GET", "/api/v1/queues").status == 403);
  CHECK(send_with(api, bound.text, "POST", "/api/v1/organizations", R"({"name":"x"})").status ==
        403);
  const reply other = api.send("POST", "/api/v1/applications", R"({"name":"other"})");
  CHECK(send_with(api, bound.text, "POST", keys_path,
                  fmt::format(R"({{"name":"k","scopes":["read"],"application_id":"{}"}})",
                              text_at(other, "/id")))
            .status == 403);
}

TEST_CASE("an organization is made, shown, changed and deleted by the operator") {
  api_fixture api;
  const reply made =
      api.send("POST", "/api/v1/organizations", R"({"name":"acme","subscriptions_max":2})");
  REQUIRE(made.status == 201);
  const std::string path = "/api/v1/organizations/" + text_at(made, "/id");
  CHECK(made.header("location") == path);
  CHECK(text_at(made, "/operator") == "false");
  CHECK(text_at(made, "/subscriptions_max") == "2");
  CHECK(text_at(made, "/events_per_second") == "null");
  CHECK(api.send("POST", "/api/v1/organizations", R"({"name":"acme"})").status == 409);
  const reply changed = api.send(
      "PATCH", path, R"({"name":"acme inc","subscriptions_max":null,"events_per_second":9})");
  CHECK(changed.status == 200);
  CHECK(text_at(changed, "/subscriptions_max") == "null");
  CHECK(text_at(changed, "/limits_in_force/events_per_second") == "9");
  CHECK(text_at(api.send("GET", path), "/name") == "acme inc");
  CHECK(text_at(api.send("GET", "/api/v1/organizations"), "/data/0/name") == "acme inc");
  CHECK(text_at(api.send("GET", "/api/v1/organizations"), "/data/1/operator") == "true");
  CHECK(api.send("DELETE", path).status == 204);
  CHECK(api.send("GET", path).status == 404);
  CHECK(api.send("DELETE", "/api/v1/organizations/" + to_string(api.organization.id)).status ==
        409);
}

TEST_CASE("what is wrong with an organization is named, at each limit and one past it") {
  api_fixture api;
  const auto refused = [&](std::string_view body) {
    return fault(api.send("POST", "/api/v1/organizations", body));
  };
  CHECK(refused("{}") == "missing_field /name");
  CHECK(refused(R"({"name":1})") == "wrong_type /name");
  CHECK(refused(R"({"name":"a","more":1})") == "unknown_field /more");
  for (const char* name : {"requests_per_minute", "events_per_second", "subscriptions_max",
                           "pending_deliveries_max"}) {
    CHECK(refused(fmt::format(R"({{"name":"a","{}":-1}})", name)) ==
          fmt::format("invalid_value /{}", name));
    CHECK(refused(fmt::format(R"({{"name":"a","{}":1000000001}})", name)) ==
          fmt::format("invalid_value /{}", name));
    CHECK(refused(fmt::format(R"({{"name":"a","{}":"1"}})", name)) ==
          fmt::format("wrong_type /{}", name));
    const reply highest = api.send("POST", "/api/v1/organizations",
                                   fmt::format(R"({{"name":"{0}","{0}":1000000000}})", name));
    CHECK(highest.status == 201);
  }
}

TEST_CASE("organizations do not see each other, nor what is the operator's") {
  api_fixture api;
  const auto acme = add_organization(api);
  const std::string subscription = api.subscribe();
  const auto status = [&](std::string_view method, const std::string& path,
                          std::string_view body = {}) {
    return send_with(api, acme.admin.text, method, path, body).status;
  };
  CHECK(status("GET", "/api/v1/organizations/" + acme.id) == 200);
  CHECK(status("GET", "/api/v1/organizations/" + to_string(api.organization.id)) == 404);
  const reply own = send_with(api, acme.admin.text, "GET", "/api/v1/organizations");
  CHECK(json_of(own).at("data").as_array().size() == 1);
  CHECK(status("PATCH", "/api/v1/organizations/" + acme.id, R"({"events_per_second":0})") == 403);
  CHECK(status("DELETE", "/api/v1/organizations/" + acme.id) == 403);
  CHECK(status("POST", "/api/v1/organizations", R"({"name":"x"})") == 403);
  CHECK(status("GET", "/api/v1/actors") == 403);
  CHECK(status("GET", "/api/v1/queues") == 403);
  CHECK(status("POST", "/api/v1/queues/high/pause") == 403);
  CHECK(status("GET", "/api/v1/subscriptions/" + subscription) == 404);
  const auto foreign = fmt::format(R"({{"name":"k","scopes":["read"],"organization_id":"{}"}})",
                                   to_string(api.organization.id));
  CHECK(status("POST", std::string(keys_path), foreign) == 403);
  CHECK(send_with(api, acme.admin.text, "POST", "/api/v1/events", R"({"type":"a","payload":1})")
            .status == 202);
}

TEST_CASE("the keys of a deleted organization are refused by the next request") {
  api_fixture api;
  const auto acme = add_organization(api);
  REQUIRE(send_with(api, acme.admin.text, "GET", "/api/v1/events").status == 200);
  REQUIRE(api.send("DELETE", "/api/v1/organizations/" + acme.id).status == 204);
  CHECK(send_with(api, acme.admin.text, "GET", "/api/v1/events").status == 401);
}

}  // namespace talaria::http::test
