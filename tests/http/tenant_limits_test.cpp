#include "tests/http/tenant_requests.hpp"

#include <doctest/doctest.h>

namespace talaria::http::test {

TEST_CASE("an organization that makes too many requests is told when to come back") {
  api_fixture api;
  const auto acme = add_organization(api, R"("name":"acme","requests_per_minute":3)");
  const auto ask = [&] { return send_with(api, acme.admin.text, "GET", "/api/v1/events"); };
  const reply first = ask();
  CHECK(first.status == 200);
  CHECK(first.header("ratelimit-limit") == "3");
  CHECK(first.header("ratelimit-remaining") == "2");
  CHECK(send_with(api, acme.admin.text, "GET", "/api/v1/actors").status == 403);
  CHECK(ask().header("ratelimit-remaining") == "0");
  const reply refused = ask();
  CHECK(refused.status == 429);
  CHECK(text_at(refused, "/code") == "rate_limited");
  CHECK(std::stoi(refused.header("retry-after")) >= 1);
  CHECK(refused.header("retry-after") == refused.header("ratelimit-reset"));
  CHECK(send_with(api, acme.admin.text, "POST", "/api/v1/events", R"({"type":"a","payload":1})")
            .status == 202);
  CHECK(api.send("GET", "/api/v1/events").status == 200);
  api.clock_offset_s = 120;
  CHECK(ask().status == 200);
}

TEST_CASE("a limit that is changed is in force for the next request") {
  api_fixture api;
  const auto acme = add_organization(api, R"("name":"acme","requests_per_minute":1)");
  const auto ask = [&] { return send_with(api, acme.admin.text, "GET", "/api/v1/events").status; };
  CHECK(ask() == 200);
  CHECK(ask() == 429);
  REQUIRE(api.send("PATCH", "/api/v1/organizations/" + acme.id, R"({"requests_per_minute":0})")
              .status == 200);
  CHECK(ask() == 200);
}

TEST_CASE("an organization submits as many events a second as it may, in batches too") {
  api_fixture api;
  const auto acme = add_organization(api, R"("name":"acme","events_per_second":2)");
  const auto submit = [&] {
    return send_with(api, acme.admin.text, "POST", "/api/v1/events", R"({"type":"a","payload":1})");
  };
  const auto submit_batch = [&](int events) {
    std::string body = R"({"events":[)";
    for (int index = 0; index < events; ++index) {
      body += index == 0 ? R"({"type":"a","payload":1})" : R"(,{"type":"a","payload":1})";
    }
    return send_with(api, acme.admin.text, "POST", "/api/v1/events/batch", body + "]}");
  };
  const reply both = submit_batch(2);
  CHECK(both.status == 202);
  CHECK(both.header("ratelimit-remaining") == "0");
  // Whatever the clock does meanwhile: no two seconds have room for this many.
  int refused = 0;
  for (int count = 0; count < 60; ++count) {
    const reply answer = submit();
    refused += answer.status == 429 ? 1 : 0;
    CHECK((answer.status == 202 || text_at(answer, "/code") == "rate_limited"));
  }
  CHECK(refused > 0);
  api.clock_offset_s = 10;
  CHECK(submit_batch(3).status == 202);
  CHECK(submit().status == 429);
}

TEST_CASE("an organization has as many subscriptions as it may, and not one more") {
  api_fixture api;
  const auto acme = add_organization(api, R"("name":"acme","subscriptions_max":2)");
  const auto subscribe = [&] {
    return send_with(api, acme.admin.text, "POST", "/api/v1/subscriptions",
                     R"({"url":"https://example.com/"})");
  };
  CHECK(subscribe().status == 201);
  CHECK(subscribe().status == 201);
  const reply refused = subscribe();
  CHECK(refused.status == 429);
  CHECK(text_at(refused, "/code") == "quota_exceeded");
  CHECK_FALSE(refused.header("retry-after").empty());
}

TEST_CASE("an organization with a full backlog is refused until there is room") {
  api_fixture api;
  const auto acme = add_organization(api, R"("name":"acme","pending_deliveries_max":2)");
  const reply made = send_with(api, acme.admin.text, "POST", "/api/v1/subscriptions",
                               R"({"url":"https://example.com/"})");
  REQUIRE(made.status == 201);
  const auto submit = [&] {
    return send_with(api, acme.admin.text, "POST", "/api/v1/events", R"({"type":"a","payload":1})");
  };
  CHECK(submit().status == 202);
  CHECK(submit().status == 202);
  const reply refused = submit();
  CHECK(refused.status == 429);
  CHECK(text_at(refused, "/code") == "quota_exceeded");
  CHECK(refused.header("retry-after") == "5");
  const reply pending = send_with(api, acme.admin.text, "GET", "/api/v1/deliveries");
  const std::string delivery = text_at(pending, "/data/0/id");
  REQUIRE(send_with(api, acme.admin.text, "POST", "/api/v1/deliveries/" + delivery + "/cancel")
              .status == 200);
  api.clock_offset_s = 1;
  CHECK(submit().status == 202);
}

}  // namespace talaria::http::test
