#include "tests/http/api_fixture.hpp"
#include "tests/support/certificate.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

#include <vector>

namespace talaria::http::test {
namespace {

const std::string collection = "/api/v1/subscriptions";

std::string one(const std::string& id, const std::string& more = {}) {
  return collection + "/" + id + more;
}

reply create(api_fixture& api, std::string_view body) {
  return api.send("POST", collection, body);
}

}  // namespace

TEST_CASE("a created subscription is answered 201 with all its fields") {
  api_fixture api;
  const reply got = create(api, R"({"url":"https://example.com/hook","event_types":["user.*"],)"
                                R"("label_filter":{"region":"eu"},"description":"d",)"
                                R"("metadata":{"k":1},"timeout_ms":1000,"method":"PUT",)"
                                R"("headers":{"X-Own":"v"},"retry":{"delays_ms":[1000,2000]}})");
  CHECK(got.status == 201);
  const std::string id = text_at(got, "/id");
  CHECK(got.header("location") == one(id));
  CHECK_FALSE(got.header("etag").empty());
  CHECK(text_at(got, "/application_id") == to_string(api.application.id));
  CHECK(text_at(got, "/url") == "https://example.com/hook");
  CHECK(text_at(got, "/event_types/0") == "user.*");
  CHECK(text_at(got, "/label_filter/region") == "eu");
  CHECK(text_at(got, "/metadata/k") == "1");
  CHECK(text_at(got, "/timeout_ms") == "1000");
  CHECK(text_at(got, "/retry/delays_ms/1") == "2000");
  CHECK(text_at(got, "/enabled") == "true");
  CHECK(text_at(got, "/paused") == "false");
  CHECK(text_at(got, "/disabled_reason") == "null");
  CHECK(text_at(got, "/ordering") == "parallel");
  CHECK(text_at(got, "/created_at") == text_at(got, "/updated_at"));
  CHECK_FALSE(got.contains("whsec_"));
  CHECK(api.gateway.catalog_changes() == 1);

  const reply shown = api.send("GET", one(id));
  CHECK(shown.status == 200);
  CHECK(json_of(shown) == json_of(got));
  CHECK(shown.header("etag") == got.header("etag"));
}

TEST_CASE("an invalid subscription is refused with its code and field") {
  struct refusal {
    std::string body;
    int status;
    const char* code;
    const char* field;
  };
  const std::string url = R"({"url":"https://example.com/")";
  const std::vector<refusal> refusals = {
      {"{", 400, "invalid_json", "(nothing there)"},
      {R"({"url":"https://example.com","url":"https://example.com"})", 400, "invalid_json",
       "(nothing there)"},
      {"[]", 422, "wrong_type", "(nothing there)"},
      {"{}", 422, "missing_field", "/url"},
      {R"({"url":5})", 422, "wrong_type", "/url"},
      {R"({"url":"ftp://example.com"})", 422, "invalid_value", "/url"},
      {R"({"url":"file:///etc/passwd"})", 422, "invalid_value", "/url"},
      {R"({"url":"https://user@example.com"})", 422, "invalid_value", "/url"},
      {R"({"url":"https://example.com/#part"})", 422, "invalid_value", "/url"},
      {R"({"url":"https://example.com:0"})", 422, "invalid_value", "/url"},
      {R"({"url":"https://example.com:70000"})", 422, "invalid_value", "/url"},
      {R"({"url":"http://127.0.0.1"})", 422, "blocked_address", "/url"},
      {R"({"url":"http://10.0.0.1"})", 422, "blocked_address", "/url"},
      {R"({"url":"http://localhost"})", 422, "blocked_address", "/url"},
      {R"({"url":"http://api.localhost"})", 422, "blocked_address", "/url"},
      {R"({"url":"http://[::1]"})", 422, "blocked_address", "/url"},
      {R"({"url":"http://[::ffff:127.0.0.1]"})", 422, "blocked_address", "/url"},
      {R"({"url":"http://169.254.169.254/latest"})", 422, "blocked_address", "/url"},
      {R"({"url":"http://8.8.8.8:8080"})", 422, "blocked_address", "/url"},
      {url + R"(,"colour":"red"})", 422, "unknown_field", "/colour"},
      {url + R"(,"headers":{"Host":"x"}})", 422, "invalid_value", "/headers/Host"},
      {url + R"(,"headers":{"webhook-id":"x"}})", 422, "invalid_value", "/headers/webhook-id"},
      {url + R"(,"headers":{"X":"a\r\nb"}})", 422, "invalid_value", "/headers/X"},
      {url + R"(,"payload_filter":[]})", 422, "wrong_type", "/payload_filter"},
      {url + R"(,"payload_filter":{"path":"/a","like":"x"}})", 422, "unknown_field",
       "/payload_filter/like"},
      {url + R"(,"timeout_ms":0})", 422, "invalid_value", "/timeout_ms"},
      {url + R"(,"timeout_ms":60001})", 422, "invalid_value", "/timeout_ms"},
      {url + R"(,"description":")" + std::string(1025, 'd') + R"("})", 422, "too_large",
       "/description"},
      {R"({"url":"https://example.com/)" + std::string(2048, 'u') + R"("})", 422, "too_large",
       "/url"},
      {url + R"(,"ordering":"lifo"})", 422, "invalid_value", "/ordering"},
      {url + R"(,"rate_limit_per_second":0})", 422, "invalid_value", "/rate_limit_per_second"},
      {url + R"(,"circuit_breaker":{"failure_rate":0}})", 422, "invalid_value",
       "/circuit_breaker/failure_rate"},
      {url + R"(,"disable_after_failing_hours":-1})", 422, "invalid_value",
       "/disable_after_failing_hours"},
      {url + R"(,"signature":"standard-v2"})", 422, "invalid_value", "/signature"},
      {url + R"(,"public_key":"whpk_"})", 422, "unknown_field", "/public_key"},
      {url + R"(,"signature":"standard-v1a","secret":"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"})",
       422, "invalid_value", "/secret"},
      {url + R"(,"secret":"whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="})", 422,
       "invalid_value", "/secret"},
      {url + R"(,"secret":5})", 422, "wrong_type", "/secret"},
      {url + R"(,"secret":"whsec_c2hvcnQ="})", 422, "invalid_value", "/secret"},
      {url + R"(,"application_id":5})", 422, "wrong_type", "/application_id"},
      {url + R"(,"application_id":"x"})", 422, "invalid_value", "/application_id"},
      {url + R"(,"application_id":"01890000-0000-7000-8000-000000000000"})", 422, "invalid_value",
       "/application_id"},
  };
  api_fixture api;
  for (const refusal& tried : refusals) {
    CAPTURE(tried.body);
    const reply got = create(api, tried.body);
    CAPTURE(got.body);
    CHECK(got.status == tried.status);
    CHECK(text_at(got, "/code") == tried.code);
    CHECK(text_at(got, "/field") == tried.field);
  }
  CHECK(text_at(api.send("GET", collection), "/data") == "[]");
  CHECK(api.gateway.catalog_changes() == 0);
}

TEST_CASE("addresses written as numbers in any way are seen through") {
  api_fixture api;
  for (const char* host : {"2130706433", "0x7f.1", "0177.0.0.1", "127.1", "0"}) {
    CAPTURE(host);
    const reply got = create(api, R"({"url":"http://)" + std::string(host) + R"(/"})");
    CHECK(got.status == 422);
    CHECK(text_at(got, "/field") == "/url");
  }
}

TEST_CASE("addresses that the operator excepts are taken at any port") {
  api_fixture api;
  CHECK(create(api, R"({"url":"http://10.1.2.3:9000/hook"})").status == 201);
}

TEST_CASE("a management body may have 128 KiB") {
  api_fixture api;
  const std::string body = R"({"url":"https://example.com/"})";
  const std::size_t bytes_max = 128 * 1024;
  CHECK(create(api, body + std::string(bytes_max - body.size(), ' ')).status == 201);
  CHECK(create(api, body + std::string(bytes_max - body.size() + 1, ' ')).status == 413);
}

TEST_CASE("subscriptions are listed newest first, page by page") {
  api_fixture api;
  std::vector<std::string> ids;
  for (int index = 0; index < 5; ++index) {
    ids.push_back(api.subscribe());
  }
  const reply first = api.send("GET", collection + "?limit=2");
  CHECK(text_at(first, "/data/0/id") == ids[4]);
  CHECK(text_at(first, "/data/1/id") == ids[3]);
  const std::string cursor = text_at(first, "/next_cursor");
  const reply second = api.send("GET", collection + "?limit=2&cursor=" + cursor);
  CHECK(text_at(second, "/data/0/id") == ids[2]);
  const reply third =
      api.send("GET", collection + "?limit=2&cursor=" + text_at(second, "/next_cursor"));
  CHECK(text_at(third, "/data/0/id") == ids[0]);
  CHECK(text_at(third, "/next_cursor") == "null");

  SUBCASE("a cursor that was changed is refused") {
    std::string changed = cursor;
    changed[3] = changed[3] == 'A' ? 'B' : 'A';
    for (const std::string& bad : {changed, cursor + "A", std::string("x"), std::string()}) {
      const reply got = api.send("GET", collection + "?cursor=" + bad);
      CHECK(got.status == 400);
      CHECK(text_at(got, "/code") == "invalid_cursor");
    }
  }
  SUBCASE("a cursor of another list is refused") {
    CHECK(api.send("GET", "/api/v1/events?cursor=" + cursor).status == 400);
  }
}

TEST_CASE("a list's limit is from 1 to 250") {
  api_fixture api;
  const auto status_for = [&](const std::string& query) {
    return api.send("GET", collection + query).status;
  };
  CHECK(status_for("?limit=1") == 200);
  CHECK(status_for("?limit=250") == 200);
  for (const char* limit :
       {"0", "251", "-1", "1000000000", "99999999999999999999", "x", "", "1x"}) {
    CAPTURE(limit);
    CHECK(status_for("?limit=" + std::string(limit)) == 422);
  }
  CHECK(status_for("?limit=1&limit=2") == 422);
  CHECK(status_for("?limits=1") == 422);
  CHECK(status_for("?limit=%zz") == 422);
}

TEST_CASE("a patch changes what it names and keeps the rest") {
  api_fixture api;
  const std::string id = api.subscribe(R"(,"description":"before","timeout_ms":1000)");
  const reply got = api.send("PATCH", one(id), R"({"description":"after","timeout_ms":null})");
  CHECK(got.status == 200);
  CHECK(text_at(got, "/description") == "after");
  CHECK(text_at(got, "/timeout_ms") == "15000");
  CHECK(text_at(got, "/url") == "https://example.com/hook");
  CHECK(json_of(api.send("GET", one(id))) == json_of(got));
  CHECK(api.gateway.catalog_changes() == 2);

  CHECK(api.send("PATCH", one(id), R"({"url":"http://127.0.0.1/"})").status == 422);
  CHECK(api.send("PATCH", one(id), R"({"url":null})").status == 422);
  CHECK(api.send("PATCH", one(id), R"({"secret":"x"})").status == 422);
  CHECK(api.send("PATCH", one(id), "{").status == 400);
  CHECK(json_of(api.send("GET", one(id))) == json_of(got));
}

TEST_CASE("a payload filter is shown as it was given, changed as a whole, and taken away by null") {
  api_fixture api;
  CHECK(text_at(api.send("GET", one(api.subscribe())), "/payload_filter") == "null");
  const std::string rule = R"({"or":[{"path":"/a~1b","in":[1,"x",null]},)"
                           R"({"not":{"path":"/c","exists":true}}]})";
  const std::string id = api.subscribe(R"(,"payload_filter":)" + rule);
  CHECK(text_at(api.send("GET", one(id)), "/payload_filter") == rule);

  const std::string other = R"({"path":"/a","eq":null})";
  const reply got = api.send("PATCH", one(id), R"({"payload_filter":)" + other + "}");
  CHECK(got.status == 200);
  CHECK(text_at(got, "/payload_filter") == other);
  CHECK(text_at(api.send("PATCH", one(id), R"({"description":"d"})"), "/payload_filter") == other);
  CHECK(text_at(api.send("PATCH", one(id), R"({"payload_filter":null})"), "/payload_filter") ==
        "null");
}

TEST_CASE("a payload filter that is wrong is refused with its field, and the old one stays") {
  api_fixture api;
  const std::string rule = R"({"path":"/amount","gt":100})";
  const std::string id = api.subscribe(R"(,"payload_filter":)" + rule);
  const reply got =
      api.send("PATCH", one(id),
               R"({"payload_filter":{"and":[{"path":"/a","eq":1},{"path":"amount","gt":5}]}})");
  CHECK(got.status == 422);
  CHECK(text_at(got, "/code") == "invalid_value");
  CHECK(text_at(got, "/field") == "/payload_filter/and/1/path");
  CHECK(text_at(api.send("GET", one(id)), "/payload_filter") == rule);
  CHECK(api.gateway.catalog_changes() == 1);
}

TEST_CASE("a change for another version is refused with 412") {
  api_fixture api;
  const std::string id = api.subscribe();
  const std::string tag = api.send("GET", one(id)).header("etag");
  const std::string header = "If-Match: " + tag + "\r\n";
  CHECK(api.send("PATCH", one(id), R"({"description":"1"})", header).status == 200);
  const reply stale = api.send("PATCH", one(id), R"({"description":"2"})", header);
  CHECK(stale.status == 412);
  CHECK(text_at(stale, "/code") == "precondition_failed");
  CHECK(api.send("POST", one(id, "/pause"), {}, header).status == 412);
  CHECK(api.send("DELETE", one(id), {}, header).status == 412);
  CHECK(api.send("PATCH", one(id), R"({"description":"3"})", "If-Match: *\r\n").status == 200);
  const std::string now = "If-Match: " + api.send("GET", one(id)).header("etag") + "\r\n";
  CHECK(api.send("DELETE", one(id), {}, now).status == 204);
}

TEST_CASE("a deleted subscription is gone, and cannot be deleted again") {
  api_fixture api;
  const std::string id = api.subscribe();
  const reply got = api.send("DELETE", one(id));
  CHECK(got.status == 204);
  CHECK(got.body.empty());
  CHECK(got.header("content-length").empty());
  CHECK(api.gateway.catalog_changes() == 2);
  CHECK(api.send("DELETE", one(id)).status == 404);
  CHECK(api.send("GET", one(id)).status == 404);
  CHECK(api.send("PATCH", one(id), "{}").status == 404);
  CHECK(api.send("POST", one(id, "/test")).status == 404);
}

TEST_CASE("an id that is none is that of nothing") {
  api_fixture api;
  for (const char* id : {"x", "01890000-0000-7000-8000-00000000000", "1", "null", "..."}) {
    CHECK(api.send("GET", one(id)).status == 404);
  }
}

TEST_CASE("pausing and resuming keeps everything else") {
  api_fixture api;
  const std::string id = api.subscribe();
  CHECK(text_at(api.send("POST", one(id, "/pause")), "/paused") == "true");
  CHECK(text_at(api.send("GET", one(id)), "/paused") == "true");
  CHECK(text_at(api.send("POST", one(id, "/resume")), "/paused") == "false");
  CHECK(api.gateway.catalog_changes() == 3);
}

TEST_CASE("the key of a client certificate is taken and kept, and never shown") {
  api_fixture api;
  const auto own = test_support::make_certificate({"talaria.test"});
  const std::string tls = boost::json::serialize(boost::json::object{
      {"client_certificate", own.certificate_pem}, {"client_key", own.key_pem}});

  const std::string id = api.subscribe(R"(,"tls":)" + tls);
  const reply changed = api.send("PATCH", one(id), R"({"description":"d"})");

  for (const reply& shown : {changed, api.send("GET", one(id)), api.send("GET", collection),
                             api.send("GET", one(id, "/secret"))})
    CHECK_FALSE(shown.contains("PRIVATE"));
  CHECK(text_at(changed, "/tls/client_certificate") == own.certificate_pem);
  CHECK(text_at(changed, "/tls/expires_at").ends_with("Z"));
  CHECK_FALSE(changed.contains("client_key"));
  CHECK(text_at(api.send("PATCH", one(id), R"({"tls":{"client_key":"x"}})"), "/field") ==
        "/tls/client_key");
  CHECK(text_at(api.send("PATCH", one(id), R"({"tls":null})"), "/tls") == "null");
}

TEST_CASE("a secret is made, or taken, shown, and rotated with an overlap") {
  api_fixture api;
  const std::string given = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  const std::string id = api.subscribe(R"(,"secret":")" + given + "\"");
  CHECK(text_at(api.send("GET", one(id, "/secret")), "/secret") == given);
  CHECK(text_at(api.send("GET", one(api.subscribe(), "/secret")), "/secret").size() == 50);

  const reply rotated = api.send("POST", one(id, "/secret/rotate"));
  CHECK(rotated.status == 200);
  CHECK(text_at(rotated, "/secret") != given);
  CHECK(text_at(rotated, "/previous/0/secret") == given);
  CHECK(json_of(api.send("GET", one(id, "/secret"))) == json_of(rotated));

  SUBCASE("to one that is given, at once") {
    const reply at_once = api.send("POST", one(id, "/secret/rotate"),
                                   R"({"secret":")" + given + R"(","overlap_hours":0})");
    CHECK(text_at(at_once, "/secret") == given);
    CHECK(text_at(at_once, "/previous") == "[]");
  }
  SUBCASE("not more often than receivers can follow") {
    CHECK(api.send("POST", one(id, "/secret/rotate")).status == 200);
    CHECK(api.send("POST", one(id, "/secret/rotate")).status == 200);
    CHECK(api.send("POST", one(id, "/secret/rotate")).status == 409);
  }
  SUBCASE("with an overlap of 0 to 168 hours") {
    const auto status_for = [&](const std::string& hours) {
      return api.send("POST", one(id, "/secret/rotate"), R"({"overlap_hours":)" + hours + "}")
          .status;
    };
    CHECK(status_for("168") == 200);
    CHECK(status_for("169") == 422);
    CHECK(status_for("-1") == 422);
    CHECK(status_for("1.5") == 422);
    CHECK(status_for("\"1\"") == 422);
    CHECK(api.send("POST", one(id, "/secret/rotate"), R"({"hours":1})").status == 422);
  }
}

TEST_CASE("a test event is answered with its attempt") {
  api_fixture api;
  const reply got = api.send("POST", one(api.subscribe(), "/test"));
  CHECK(got.status == 200);
  CHECK(text_at(got, "/number") == "1");
  CHECK(text_at(got, "/status_code") == "204");
  CHECK(text_at(got, "/error") == "null");
}

TEST_CASE("a subscription shows how its receiver is doing") {
  api_fixture api;
  const std::string id = api.subscribe();
  const std::string path = "/api/v1/subscriptions/" + id;
  CHECK(text_at(api.send("GET", path), "/health/circuit_breaker") == "closed");
  CHECK(text_at(api.send("GET", path), "/health/reason") == "null");

  const auto found = api.store->open_catalog()->find_subscription(
      {api.organization.id, std::nullopt}, {*domain::parse_uuid(id)});
  REQUIRE(found);
  const auto owned = api.store->open_shard_ownership()->claim_all("node");
  REQUIRE(owned);
  const auto shard = persistence::shard_of(found->id);
  const auto since = found->created_at;
  const persistence::health_change change{
      .subscription = found->number,
      .shard = shard,
      .epoch = owned->at(static_cast<std::size_t>(shard)).epoch,
      .health = {.failing_since = since,
                 .breaker = domain::breaker_opening{.opened_at = since,
                                                    .next_probe_at = since + std::chrono::hours(1),
                                                    .reason = "20 of 20 attempts failed"}},
      .given_up = false,
      .changed_at = since,
      .tells = {}};
  REQUIRE(api.store->open_outcome_recorder()->record_health("node", std::span(&change, 1)));
  const reply open = api.send("GET", path);
  CHECK(text_at(open, "/health/circuit_breaker") == "open");
  CHECK(text_at(open, "/health/reason") == "20 of 20 attempts failed");
  CHECK(text_at(open, "/health/failing_since") == domain::to_rfc3339(since));
  CHECK(text_at(open, "/health/next_probe_at") ==
        domain::to_rfc3339(since + std::chrono::hours(1)));
  api.clock_offset_s = 3600;
  CHECK(text_at(api.send("GET", path), "/health/circuit_breaker") == "half_open");
}

}  // namespace talaria::http::test
