#include "tests/http/api_fixture.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <utility>

namespace talaria::http::test {
namespace {

namespace limits = supervision::fault_limits;

constexpr std::array<std::pair<std::string_view, std::string_view>, 5> operations{
    {{"GET", "/api/v1/chaos"},
     {"POST", "/api/v1/chaos/faults"},
     {"DELETE", "/api/v1/chaos/faults"},
     {"DELETE", "/api/v1/chaos/faults/fault-1"},
     {"PUT", "/api/v1/chaos/clock"}}};

struct chaos_fixture : api_fixture {
  chaos_fixture()
      : api_fixture([] {
          api_fixture_options options;
          options.chaos_enabled = true;
          return options;
        }()) {}

  reply add(const std::string& body) { return send("POST", "/api/v1/chaos/faults", body); }
  /// The field of what is refused.
  std::string field_of(const std::string& body) {
    const reply got = add(body);
    CAPTURE(body);
    CHECK(got.status == 422);
    return text_at(got, "/field");
  }
};

std::string with(const std::string& more) {
  return R"({"point":"work","action":"fail",)" + more + "}";
}

}  // namespace

TEST_CASE("unless it is enabled nobody may inject faults, and health says nothing of it") {
  api_fixture api;
  for (const auto& [method, path] : operations) {
    const reply got = api.send(method, path);
    CHECK(got.status == 403);
    CHECK(text_at(got, "/code") == "chaos_disabled");
  }
  CHECK(api.send("GET", "/health/live").body == R"({"status":"live"})");
  CHECK(api.send("GET", "/health/ready").body == R"({"status":"ready"})");
}

TEST_CASE("faults are for administrators who run the installation") {
  for (const bool is_bound : {false, true}) {
    api_fixture_options options;
    options.chaos_enabled = true;
    options.key.bound_to_default = is_bound;
    if (!is_bound) {
      options.key.scopes = static_cast<std::uint8_t>(domain::scope::manage);
    }
    api_fixture api(options);
    for (const auto& [method, path] : operations) {
      const reply got = api.send(method, path);
      CHECK(got.status == 403);
      CHECK(text_at(got, "/code") == "forbidden");
    }
    CHECK(api.send_without_key("GET", "/api/v1/chaos").status == 401);
  }
}

TEST_CASE("a fault is added as it is asked for, with defaults, and listed") {
  chaos_fixture api;
  const reply added = api.add(R"({"point":"work","action":"fail"})");
  CHECK(added.status == 201);
  const std::string expected =
      R"({"id":"fault-1","point":"work","action":"fail","target":{},"count":null,)"
      R"("probability":1E0,"seed":7,"delay_ms":null,"expires_after_ms":60000,"hits":0,"fired":0,)"
      R"("created_at":"1970-01-01T01:00:00.000000Z"})";
  CHECK(added.body == expected);
  const reply all = api.send("GET", "/api/v1/chaos");
  CHECK(text_at(all, "/enabled") == "true");
  CHECK(text_at(all, "/clock_offset_ms") == "0");
  CHECK(text_at(all, "/faults") == "[" + expected + "]");
  CHECK(text_at(all, "/points/0") ==
        R"({"name":"work","description":"Before work.","actions":["fail","delay"]})");
}

TEST_CASE("every field of a fault counts") {
  chaos_fixture api;
  const reply added = api.add(
      R"({"point":"work","action":"delay","target":{"path":"/a","kind":"worker"},"count":3,)"
      R"("probability":0.5,"seed":0,"delay_ms":10,"expires_after_ms":1000})");
  CHECK(added.status == 201);
  CHECK(text_at(added, "/target/path") == "/a");
  CHECK(text_at(added, "/target/kind") == "worker");
  CHECK(text_at(added, "/count") == "3");
  CHECK(text_at(added, "/probability") == "5E-1");
  CHECK(text_at(added, "/seed") == "0");
  CHECK(text_at(added, "/delay_ms") == "10");
  CHECK(text_at(added, "/expires_after_ms") == "1000");
  CHECK(text_at(api.add(R"({"point":"send","action":"fail","target":{"host":"[::1]:80"}})"),
                "/target/host") == "[::1]:80");
}

TEST_CASE("a fault acts after it was added, and not after it was removed") {
  chaos_fixture api;
  const auto fails = [&] {
    return api.faults->reach("work", {.path = "/a", .kind = {}, .host = {}});
  };
  api.add(with(R"("target":{"path":"/a"})"));
  CHECK(fails());
  const reply shown = api.send("GET", "/api/v1/chaos");
  CHECK(text_at(shown, "/faults/0/hits") == "1");
  CHECK(text_at(shown, "/faults/0/fired") == "1");
  const reply removed = api.send("DELETE", "/api/v1/chaos/faults/fault-1");
  CHECK(removed.status == 204);
  CHECK(removed.body.empty());
  CHECK_FALSE(fails());
  CHECK(api.send("DELETE", "/api/v1/chaos/faults/fault-1").status == 404);
}

TEST_CASE("all faults are removed at once, also when there are none") {
  chaos_fixture api;
  api.add(with(R"("count":1)"));
  api.add(with(R"("count":2)"));
  CHECK(api.send("DELETE", "/api/v1/chaos/faults").status == 204);
  CHECK(text_at(api.send("GET", "/api/v1/chaos"), "/faults") == "[]");
  CHECK(api.send("DELETE", "/api/v1/chaos/faults").status == 204);
}

TEST_CASE("a fault that cannot be is refused with the field at fault") {
  chaos_fixture api;
  CHECK(api.field_of("{}") == "/point");
  CHECK(api.field_of(R"({"point":"work"})") == "/action");
  CHECK(api.field_of(R"({"point":"nowhere","action":"fail"})") == "/point");
  CHECK(api.field_of(R"({"point":1,"action":"fail"})") == "/point");
  CHECK(api.field_of(R"({"point":"work","action":"explode"})") == "/action");
  CHECK(api.field_of(R"({"point":"work","action":"kill"})") == "/action");
  CHECK(api.field_of(R"({"point":"work","action":"delay"})") == "/delay_ms");
  CHECK(api.field_of(with(R"("delay_ms":1)")) == "/delay_ms");
  CHECK(api.field_of(with(R"("target":"/a")")) == "/target");
  CHECK(api.field_of(with(R"("target":{"path":1})")) == "/target/path");
  CHECK(api.field_of(with(R"("target":{"path":""})")) == "/target/path");
  CHECK(api.field_of(with(R"("target":{"host":"a"})")) == "/target/host");
  CHECK(api.field_of(with(R"("target":{"colour":"red"})")) == "/target/colour");
  CHECK(api.field_of(with(R"("probability":"1")")) == "/probability");
  CHECK(api.field_of(with(R"("probability":1.5)")) == "/probability");
  CHECK(api.field_of(with(R"("seed":-1)")) == "/seed");
  CHECK(api.field_of(with(R"("colour":"red")")) == "/colour");
  CHECK(api.add("[]").status == 422);
  CHECK(api.add("{").status == 400);
  CHECK(api.faults->active() == 0);
}

TEST_CASE("the numbers of a fault are taken up to their limits, and no further") {
  chaos_fixture api;
  const auto check = [&](const char* name, auto max) {
    const auto body = [&](auto value) {
      return with("\"" + std::string(name) + "\":" + std::to_string(value));
    };
    CHECK(api.add(body(max)).status == 201);
    CHECK(api.field_of(body(max + 1)) == "/" + std::string(name));
  };
  check("count", limits::count_max);
  check("seed", limits::seed_max);
  check("expires_after_ms", limits::expires_after_max.count());
  CHECK(api.field_of(with(R"("count":0)")) == "/count");
  CHECK(api.field_of(with(R"("expires_after_ms":0)")) == "/expires_after_ms");
  const auto delay = [](auto value) {
    return R"({"point":"work","action":"delay","delay_ms":)" + std::to_string(value) + "}";
  };
  CHECK(api.add(delay(limits::delay_max.count())).status == 201);
  CHECK(api.field_of(delay(limits::delay_max.count() + 1)) == "/delay_ms");
  CHECK(api.field_of(delay(0)) == "/delay_ms");
}

TEST_CASE("one fault more than there may be is refused until another is removed") {
  chaos_fixture api;
  for (std::size_t i = 0; i < limits::faults_max; ++i) {
    REQUIRE(api.faults->add({.point = "send", .action = supervision::fault_action::fail}));
  }
  CHECK(api.add(with(R"("count":1)")).status == 429);
  REQUIRE(api.send("DELETE", "/api/v1/chaos/faults/fault-1").status == 204);
  CHECK(api.add(with(R"("count":1)")).status == 201);
}

TEST_CASE("the clock is shifted as far as may be, and no further") {
  chaos_fixture api;
  const auto shift = [&](const std::string& body) {
    return api.send("PUT", "/api/v1/chaos/clock", body);
  };
  const reply shifted = shift(R"({"offset_ms":-5000})");
  CHECK(shifted.status == 200);
  CHECK(shifted.body == R"({"offset_ms":-5000})");
  CHECK(api.faults->clock_offset() == std::chrono::seconds(-5));
  CHECK(text_at(api.send("GET", "/api/v1/chaos"), "/clock_offset_ms") == "-5000");
  const auto max = limits::clock_offset_max.count();
  for (const auto& [offset, status] :
       {std::pair{max, 200U}, {max + 1, 422U}, {-max, 200U}, {-max - 1, 422U}}) {
    CHECK(shift(R"({"offset_ms":)" + std::to_string(offset) + "}").status == status);
  }
  CHECK(text_at(shift("{}"), "/field") == "/offset_ms");
  CHECK(text_at(shift(R"({"offset_ms":"1"})"), "/field") == "/offset_ms");
  CHECK(text_at(shift(R"({"offset_ms":1,"unit":"s"})"), "/field") == "/unit");
}

TEST_CASE("health and metrics tell of the faults that are active") {
  chaos_fixture api;
  CHECK(api.send("GET", "/health/live").body ==
        R"({"status":"live","chaos":{"enabled":true,"faults":0}})");
  api.add(with(R"("count":1)"));
  api.faults->reach("work");
  CHECK(api.send("GET", "/health/ready").body ==
        R"({"status":"ready","chaos":{"enabled":true,"faults":1}})");
  const reply metrics = api.send("GET", "/metrics");
  CHECK(metrics.contains("\ntalaria_chaos_faults_active 1\n"));
  CHECK(metrics.contains("\ntalaria_chaos_faults_fired_total 1\n"));
}

TEST_CASE("faults are removed also while every thread for the store is taken") {
  api_fixture_options options;
  options.chaos_enabled = true;
  options.store_threads = 0;
  options.store_queue_max = 0;
  api_fixture api(options);
  REQUIRE(api.faults->add({.point = "work", .action = supervision::fault_action::fail}));
  CHECK(api.send("DELETE", "/api/v1/chaos/faults").status == 204);
  CHECK(api.faults->active() == 0);
}

}  // namespace talaria::http::test
