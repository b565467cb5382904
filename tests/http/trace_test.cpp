#include "tests/http/api_fixture.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace talaria::http::test {
namespace {

const std::string trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
const std::string traceparent = "traceparent: 00-" + trace_id + "-00f067aa0ba902b7-01\r\n";

/// @returns the event as the store has it.
domain::event submit_with(api_fixture& api, const std::string& headers) {
  const reply made =
      api.send("POST", "/api/v1/events", R"({"event_type":"a","payload":1})", headers);
  REQUIRE(made.status == 202);
  const auto id = domain::parse_uuid(text_at(made, "/id"));
  const persistence::tenant tenant{api.organization.id, std::nullopt};
  return api.store->open_history()->find_event(tenant, {*id}).value();
}

}  // namespace

TEST_CASE("an event belongs to the trace of the request that submits it") {
  api_fixture api;
  const auto event = submit_with(api, traceparent + "TraceState: rojo=1, congo=2\r\n");
  REQUIRE(event.trace);
  CHECK(domain::to_string(event.trace->trace) == trace_id);
  CHECK(event.trace->parent == domain::span_id{0x00, 0xf0, 0x67, 0xaa, 0x0b, 0xa9, 0x02, 0xb7});
  CHECK(event.trace->flags == 1);
  CHECK(event.trace->state == "rojo=1, congo=2");

  const std::string path = "/api/v1/events/" + to_string(event.id);
  CHECK(text_at(api.send("GET", path), "/trace_id") == trace_id);
  CHECK(text_at(api.send("GET", "/api/v1/events"), "/data/0/trace_id") == trace_id);
}

TEST_CASE("an event without a trace has one of its own, named as the event") {
  api_fixture api;
  const auto event = submit_with(api, "");
  CHECK_FALSE(event.trace);
  std::string id = to_string(event.id);
  std::erase(id, '-');
  CHECK(text_at(api.send("GET", "/api/v1/events/" + to_string(event.id)), "/trace_id") == id);
}

TEST_CASE("all events of a batch belong to the trace of its request") {
  api_fixture api;
  const reply made =
      api.send("POST", "/api/v1/events/batch",
               R"({"events":[{"type":"a","payload":1},{"type":"b","payload":2}]})", traceparent);
  REQUIRE(made.status == 202);
  const reply listed = api.send("GET", "/api/v1/events");
  CHECK(text_at(listed, "/data/0/trace_id") == trace_id);
  CHECK(text_at(listed, "/data/1/trace_id") == trace_id);
}

TEST_CASE("a trace that is invalid is ignored, and the event is taken") {
  api_fixture api;
  CHECK_FALSE(submit_with(api, "traceparent: 00-" + trace_id + "-0000000000000000-01\r\n").trace);
  CHECK_FALSE(submit_with(api, "traceparent: nonsense\r\n").trace);
  CHECK_FALSE(submit_with(api, traceparent + traceparent).trace);
  CHECK_FALSE(submit_with(api, "tracestate: rojo=1\r\n").trace);
}

TEST_CASE("a tracestate that is invalid is ignored, and the trace is kept") {
  api_fixture api;
  const auto event = submit_with(api, traceparent + "tracestate: nonsense\r\n");
  REQUIRE(event.trace);
  CHECK(event.trace->state.empty());
}

TEST_CASE("several tracestate headers are one list") {
  api_fixture api;
  const auto event = submit_with(api, "tracestate: a=1\r\n" + traceparent + "tracestate: b=2\r\n");
  REQUIRE(event.trace);
  CHECK(event.trace->state == "a=1,b=2");
}

TEST_CASE("a trace is no part of what an idempotency key stands for") {
  api_fixture api;
  const std::string key = "Idempotency-Key: once\r\n";
  const auto first = submit_with(api, key + traceparent);
  const auto second = submit_with(api, key);
  CHECK(first.id == second.id);
}

}  // namespace talaria::http::test
