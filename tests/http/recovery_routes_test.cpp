#include "domain/delivery.hpp"
#include "tests/http/api_fixture.hpp"

#include <doctest/doctest.h>

#include <array>
#include <chrono>

namespace talaria::http::test {
namespace {

/// Has the one delivery there is die, as the owner of its shard would record it.
void let_die(api_fixture& api) {
  const auto id =
      domain::parse_delivery_id(text_at(api.send("GET", "/api/v1/deliveries"), "/data/0/id"));
  const auto row = api.store->open_history()->find_delivery({api.organization.id, {}}, *id);
  const auto shards = api.store->open_shard_ownership()->claim_all("node");
  persistence::outcome made;
  made.delivery = *id;
  made.shard = persistence::shard_of(row->subscription);
  made.epoch = shards->at(static_cast<std::size_t>(made.shard)).epoch;
  made.attempt.number = 1;
  made.attempt.started_at = row->created_at;
  made.attempt.status_code = 500;
  made.status = domain::delivery_status::dead;
  made.run_attempts = 1;
  REQUIRE(api.store->open_outcome_recorder()->record("node", std::array{made})->front() ==
          persistence::record_status::recorded);
}

/// A subscription, and how its recoveries are asked for.
struct one_subscription {
  explicit one_subscription(api_fixture_options options = {}) : api{std::move(options)} {}

  reply recover(std::string_view body = R"({"since":"2026-01-31T12:00:00Z"})") {
    return api.send("POST", path + "/recover", body);
  }

  api_fixture api;
  std::string id = api.subscribe();
  std::string path = "/api/v1/subscriptions/" + id;
};

}  // namespace

TEST_CASE("a recovery is created with what is dead, and shown where it says") {
  one_subscription of;
  of.api.submit();
  let_die(of.api);
  const reply made = of.recover(R"({"since":"2020-01-31T12:00:00.0019Z","rate_per_second":7})");
  CHECK(made.status == 202);
  const std::string location = of.path + "/recoveries/" + text_at(made, "/id");
  CHECK(made.header("location") == location);
  CHECK(text_at(made, "/subscription_id") == of.id);
  CHECK(text_at(made, "/status") == "running");
  CHECK(text_at(made, "/since") == "2020-01-31T12:00:00.001000Z");
  CHECK(text_at(made, "/rate_per_second") == "7");
  CHECK(text_at(made, "/total") == "1");
  CHECK(text_at(made, "/redelivered") == "0");
  CHECK(text_at(made, "/created_at") == text_at(made, "/updated_at"));
  CHECK(text_at(made, "/ended_at") == "null");
  const reply shown = of.api.send("GET", location);
  CHECK(shown.status == 200);
  CHECK(json_of(shown) == json_of(made));
}

TEST_CASE("without until and rate, a recovery goes up to now, at a hundred a second") {
  one_subscription of;
  const reply made = of.recover(R"({"since":"2020-01-31T12:00:00Z"})");
  CHECK(text_at(made, "/rate_per_second") == "100");
  CHECK(text_at(made, "/until").substr(0, 23) == text_at(made, "/created_at").substr(0, 23));
}

TEST_CASE("a second recovery is refused while one is running") {
  one_subscription of;
  const reply first = of.recover();
  REQUIRE(first.status == 202);
  const reply second = of.recover();
  CHECK(second.status == 409);
  CHECK(text_at(second, "/code") == "conflict");
  const std::string one = of.path + "/recoveries/" + text_at(first, "/id");
  const reply cancelled = of.api.send("POST", one + "/cancel");
  CHECK(cancelled.status == 200);
  CHECK(text_at(cancelled, "/status") == "cancelled");
  CHECK(text_at(cancelled, "/ended_at").size() > 20);
  CHECK(of.api.send("POST", one + "/cancel").status == 409);
  CHECK(of.recover().status == 202);
}

TEST_CASE("recoveries are listed newest first, page by page") {
  one_subscription of;
  std::vector<std::string> made;
  for (int i = 0; i < 3; ++i) {
    made.push_back(text_at(of.recover(), "/id"));
    of.api.send("POST", of.path + "/recoveries/" + made.back() + "/cancel");
  }
  const reply first = of.api.send("GET", of.path + "/recoveries?limit=2");
  CHECK(text_at(first, "/data/0/id") == made[2]);
  CHECK(text_at(first, "/data/1/id") == made[1]);
  const reply second =
      of.api.send("GET", of.path + "/recoveries?limit=2&cursor=" + text_at(first, "/next_cursor"));
  CHECK(text_at(second, "/data/0/id") == made[0]);
  CHECK(text_at(second, "/next_cursor") == "null");
  CHECK(of.api.send("GET", of.path + "/recoveries?status=running").status == 422);
}

TEST_CASE("what is wrong with a recovery is named") {
  struct fault {
    std::string body;
    std::string code;
    std::string field;
  };
  const std::string since = R"({"since":"2026-01-31T12:00:00Z")";
  one_subscription of;
  for (const auto& [body, code, field] : {
           fault{"{}", "missing_field", "/since"},
           fault{R"({"until":"2026-01-31T12:00:00Z"})", "missing_field", "/since"},
           fault{R"({"since":1})", "wrong_type", "/since"},
           fault{R"({"since":"yesterday"})", "invalid_value", "/since"},
           fault{R"({"since":"2200-01-31T12:00:00Z"})", "invalid_value", "/since"},
           fault{since + R"(,"until":"tomorrow"})", "invalid_value", "/until"},
           fault{since + R"(,"until":null})", "wrong_type", "/until"},
           fault{since + R"(,"until":"2026-01-31T11:59:59Z"})", "invalid_value", "/until"},
           fault{since + R"(,"until":"2026-01-31T12:00:00Z"})", "invalid_value", "/until"},
           fault{since + R"(,"until":"2026-01-31T12:00:00.000999Z"})", "invalid_value", "/until"},
           fault{since + R"(,"rate_per_second":0})", "invalid_value", "/rate_per_second"},
           fault{since + R"(,"rate_per_second":10001})", "invalid_value", "/rate_per_second"},
           fault{since + R"(,"rate_per_second":1.5})", "invalid_value", "/rate_per_second"},
           fault{since + R"(,"rate_per_second":"9"})", "wrong_type", "/rate_per_second"},
           fault{since + R"(,"rate/s":9})", "unknown_field", "/rate~1s"},
       }) {
    CAPTURE(body);
    const reply refused = of.recover(body);
    CHECK(refused.status == 422);
    CHECK(text_at(refused, "/code") == code);
    CHECK(text_at(refused, "/field") == field);
  }
  CHECK(of.recover("[]").status == 422);
  CHECK(of.recover("{").status == 400);
  CHECK(text_at(of.api.send("GET", of.path + "/recoveries"), "/data") == "[]");
}

TEST_CASE("a recovery of a millisecond, and the slowest and the fastest, are taken") {
  for (const std::string more : {R"("until":"2026-01-31T12:00:00.001Z")", R"("rate_per_second":1)",
                                 R"("rate_per_second":10000)"}) {
    CAPTURE(more);
    one_subscription of;
    CHECK(of.recover(R"({"since":"2026-01-31T12:00:00Z",)" + more + "}").status == 202);
  }
}

TEST_CASE("recoveries of what does not exist are not found") {
  one_subscription of;
  const std::string nobody = "/api/v1/subscriptions/01990f6e-1f00-7c33-9a41-0d3c5a7e2b10";
  const std::string nothing = "/recoveries/01990f6e-1f00-7c33-9a41-0d3c5a7e2b10";
  const std::string body = R"({"since":"2026-01-31T12:00:00Z"})";
  CHECK(of.api.send("POST", nobody + "/recover", body).status == 404);
  CHECK(of.api.send("POST", "/api/v1/subscriptions/x/recover", body).status == 404);
  CHECK(of.api.send("GET", nobody + "/recoveries").status == 404);
  CHECK(of.api.send("GET", of.path + nothing).status == 404);
  CHECK(of.api.send("GET", of.path + "/recoveries/x").status == 404);
  CHECK(of.api.send("POST", of.path + nothing + "/cancel").status == 404);
  of.api.send("DELETE", of.path);
  CHECK(of.recover().status == 404);
}

TEST_CASE("who may only read sees recoveries and can neither create nor cancel them") {
  api_fixture_options options;
  options.key.scopes = static_cast<std::uint8_t>(domain::scope::read);
  api_fixture api(options);
  const std::string path = "/api/v1/subscriptions/01990f6e-1f00-7c33-9a41-0d3c5a7e2b10";
  CHECK(api.send("GET", path + "/recoveries").status == 404);
  CHECK(api.send("POST", path + "/recover", R"({"since":"2026-01-31T12:00:00Z"})").status == 403);
  CHECK(api.send("POST", path + "/recoveries/x/cancel").status == 403);
}

}  // namespace talaria::http::test
