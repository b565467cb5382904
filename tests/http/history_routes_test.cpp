#include "domain/id.hpp"
#include "tests/http/api_fixture.hpp"

#include <doctest/doctest.h>

#include <array>
#include <vector>

namespace talaria::http::test {
namespace {

/// Records an attempt of a delivery as the owner of its shard would.
void record(api_fixture& api, const domain::delivery_id& id, std::uint16_t status_code,
            domain::delivery_status outcome) {
  const auto shards = api.store->open_shard_ownership()->claim_all("node");
  const auto row = api.store->open_history()->find_delivery({api.organization.id, {}}, id);
  persistence::outcome made;
  made.delivery = id;
  made.shard = persistence::shard_of(row->subscription);
  made.epoch = shards->at(static_cast<std::size_t>(made.shard)).epoch;
  made.attempt.number = row->attempts + 1;
  made.attempt.started_at = row->created_at;
  made.attempt.duration = std::chrono::milliseconds(12);
  made.attempt.status_code = status_code;
  made.attempt.response_body = "said so";
  made.attempt.node = "node";
  made.status = outcome;
  made.run_attempts = made.attempt.number;
  made.due = row->created_at;
  const auto recorded = api.store->open_outcome_recorder()->record("node", std::array{made});
  REQUIRE(recorded.has_value());
  REQUIRE(recorded->front() == persistence::record_status::recorded);
}

/// A fixture with one event that went to one subscription.
struct one_delivery {
  api_fixture api;
  std::string subscription = api.subscribe();
  std::string event = api.submit(R"({"n":1})");
  std::string id = text_at(api.send("GET", "/api/v1/deliveries"), "/data/0/id");
  std::string path = "/api/v1/deliveries/" + id;

  domain::delivery_id delivery() const { return *domain::parse_delivery_id(id); }
};

}  // namespace

TEST_CASE("an event shows its deliveries, and a delivery its event") {
  one_delivery made;
  const reply event = made.api.send("GET", "/api/v1/events/" + made.event);
  CHECK(text_at(event, "/deliveries/0/id") == made.id);
  const reply got = made.api.send("GET", made.path);
  CHECK(got.status == 200);
  CHECK(text_at(got, "/event_id") == made.event);
  CHECK(text_at(got, "/subscription_id") == made.subscription);
  CHECK(text_at(got, "/event_type") == "user.created");
  CHECK(text_at(got, "/status") == "pending");
  CHECK(text_at(got, "/attempts") == "0");
  CHECK(text_at(got, "/ended_at") == "null");
  CHECK(text_at(got, "/next_attempt_at").size() > 20);
}

TEST_CASE("attempts are listed in their order") {
  one_delivery made;
  CHECK(text_at(made.api.send("GET", made.path + "/attempts"), "/data") == "[]");
  record(made.api, made.delivery(), 500, domain::delivery_status::pending);
  record(made.api, made.delivery(), 204, domain::delivery_status::delivered);
  const reply got = made.api.send("GET", made.path + "/attempts");
  CHECK(text_at(got, "/data/0/number") == "1");
  CHECK(text_at(got, "/data/0/status_code") == "500");
  CHECK(text_at(got, "/data/0/duration_ms") == "12");
  CHECK(text_at(got, "/data/0/response_body") == "said so");
  CHECK(text_at(got, "/data/0/node") == "node");
  CHECK(text_at(got, "/data/1/number") == "2");
  CHECK(text_at(made.api.send("GET", made.path), "/status") == "delivered");
}

TEST_CASE("a dead delivery is retried, and its subscription is told") {
  one_delivery made;
  record(made.api, made.delivery(), 500, domain::delivery_status::dead);
  const reply got = made.api.send("POST", made.path + "/retry");
  CHECK(got.status == 200);
  CHECK(text_at(got, "/status") == "pending");
  CHECK(made.api.gateway.due() == std::vector{made.delivery().subscription});
}

TEST_CASE("a pending delivery is cancelled once") {
  one_delivery made;
  const reply got = made.api.send("POST", made.path + "/cancel");
  CHECK(got.status == 200);
  CHECK(text_at(got, "/status") == "cancelled");
  CHECK(made.api.gateway.cancelled() == std::vector{made.delivery()});
  const reply again = made.api.send("POST", made.path + "/cancel");
  CHECK(again.status == 409);
  CHECK(text_at(again, "/code") == "conflict");
}

TEST_CASE("a delivery of a deleted subscription cannot be retried") {
  one_delivery made;
  made.api.send("DELETE", "/api/v1/subscriptions/" + made.subscription);
  CHECK(made.api.send("POST", made.path + "/retry").status == 409);
}

TEST_CASE("an event is replayed to each subscription that had it") {
  one_delivery made;
  record(made.api, made.delivery(), 204, domain::delivery_status::delivered);
  const reply got = made.api.send("POST", "/api/v1/events/" + made.event + "/replay");
  CHECK(got.status == 202);
  CHECK(text_at(got, "/deliveries") == "1");
  CHECK(made.api.gateway.due() == std::vector{made.delivery().subscription});
  CHECK(text_at(made.api.send("GET", made.path), "/status") == "pending");
}

TEST_CASE("what is not there is not found") {
  api_fixture api;
  const std::string id = "01890000-0000-7000-8000-000000000001";
  for (const std::string path : {"/api/v1/events/", "/api/v1/deliveries/"}) {
    CHECK(api.send("GET", path + id).status == 404);
    CHECK(api.send("GET", path + "x").status == 404);
  }
  CHECK(api.send("GET", "/api/v1/deliveries/" + id + "/attempts").status == 404);
  CHECK(api.send("POST", "/api/v1/deliveries/" + id + "/retry").status == 404);
  CHECK(api.send("POST", "/api/v1/deliveries/" + id + "/cancel").status == 404);
  CHECK(api.send("POST", "/api/v1/events/" + id + "/replay").status == 404);
  for (const char* later : {"/api/v1/alerts", "/"}) {
    CHECK(api.send("GET", later).status == 404);
  }
}

TEST_CASE("deliveries are filtered") {
  one_delivery made;
  made.api.submit();
  const auto count = [&](const std::string& query) {
    const reply got = made.api.send("GET", "/api/v1/deliveries" + query);
    CAPTURE(got.body);
    REQUIRE(got.status == 200);
    return json_of(got).at("data").as_array().size();
  };
  CHECK(count("") == 2);
  CHECK(count("?status=pending") == 2);
  CHECK(count("?status=dead") == 0);
  CHECK(count("?event_id=" + made.event) == 1);
  CHECK(count("?subscription_id=" + made.subscription) == 2);
  CHECK(count("?application_id=" + to_string(made.api.application.id)) == 2);
  const auto refused = [&](const std::string& query) {
    return made.api.send("GET", "/api/v1/deliveries" + query).status;
  };
  CHECK(refused("?subscription_id=01890000-0000-7000-8000-000000000000") == 404);
  CHECK(refused("?status=lost") == 422);
  CHECK(refused("?event_id=x") == 422);
  CHECK(refused("?subscription_id=") == 422);
  CHECK(refused("?application_id=x") == 422);
  CHECK(refused("?colour=red") == 422);
}

TEST_CASE("deliveries are listed page by page") {
  one_delivery made;
  made.api.submit();
  const reply first = made.api.send("GET", "/api/v1/deliveries?limit=1");
  const reply second =
      made.api.send("GET", "/api/v1/deliveries?limit=1&cursor=" + text_at(first, "/next_cursor"));
  CHECK(text_at(second, "/data/0/id") == made.id);
  CHECK(text_at(second, "/next_cursor") == "null");
}

TEST_CASE("events are filtered by type, label and time") {
  api_fixture api;
  const auto submit = [&](std::string_view more) {
    const reply got =
        api.send("POST", "/api/v1/events", R"({"payload":1,)" + std::string(more) + "}");
    REQUIRE(got.status == 202);
    return text_at(got, "/received_at");
  };
  const std::string first = submit(R"("type":"a","labels":{"region":"eu","n":5,"ok":true})");
  submit(R"("type":"b","labels":{"region":"\u00e9","n":"5"})");
  const auto count = [&](const std::string& query) {
    const reply got = api.send("GET", "/api/v1/events" + query);
    CAPTURE(got.body);
    REQUIRE(got.status == 200);
    return json_of(got).at("data").as_array().size();
  };
  CHECK(count("") == 2);
  CHECK(count("?event_type=a") == 1);
  CHECK(count("?label.region=eu") == 1);
  CHECK(count("?label.region=%C3%A9") == 1);
  CHECK(count("?label.n=5") == 1);
  CHECK(count("?label.n=%225%22") == 1);
  CHECK(count("?label.ok=true&label.region=eu") == 1);
  CHECK(count("?label.ok=true&event_type=b") == 0);
  CHECK(count("?after=2020-01-01T00:00:00Z") == 2);
  CHECK(count("?before=2020-01-01T00:00:00Z") == 0);
  CHECK(count("?after=" + first) == 1);
  const auto refused = [&](const std::string& query) {
    return api.send("GET", "/api/v1/events" + query).status;
  };
  CHECK(refused("?event_type=.a") == 422);
  CHECK(refused("?after=yesterday") == 422);
  CHECK(refused("?label.region=%ff") == 422);
  CHECK(refused("?label.region=%00") == 422);
  CHECK(refused("?types=a") == 422);
}

}  // namespace talaria::http::test
