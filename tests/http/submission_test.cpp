#include "domain/limits.hpp"
#include "tests/http/api_fixture.hpp"

#include <doctest/doctest.h>

#include <vector>

namespace talaria::http::test {
namespace {

std::string event_with(std::string_view more) {
  return R"({"event_type":"user.created","payload":{"id":1})" + std::string(more) + "}";
}

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

std::string batch_of(std::size_t count) {
  std::string body = R"({"events":[)";
  for (std::size_t index = 0; index < count; ++index) {
    body += (index == 0 ? "" : ",") + event_with("");
  }
  return body + "]}";
}

}  // namespace

TEST_CASE("a submitted event is answered 202 with its id, type and time of receipt") {
  api_fixture api;
  for (const char* path : {"/api/v1/events", "/api/events"}) {
    const reply got = api.send("POST", path, event_with(""));
    CHECK(got.status == 202);
    CHECK(text_at(got, "/id").size() == 36);
    CHECK(text_at(got, "/event_type") == "user.created");
    CHECK(text_at(got, "/received_at").size() == std::string("2026-01-31T12:00:00.000000Z").size());
    CHECK(text_at(got, "/duplicate") == "false");
  }
}

TEST_CASE("a payload comes back byte for byte") {
  api_fixture api;
  for (const char* payload : {R"({"z":1,"a":2,"z":3})", "123456789012345678901234567890.10", "-0",
                              "1E5", "9007199254740993", R"("\u00e9\ud83d\ude00\/\u0000")",
                              "\"\xc3\xa9\"", "{ \"spaced\" :\t[ 1 ,2 ] }", "null", "true", "[]",
                              R"("")", "0.1000000000000000055511151231257827"}) {
    CAPTURE(payload);
    const std::string id = api.submit(payload);
    const reply got = api.send("GET", "/api/v1/events/" + id);
    CHECK(got.status == 200);
    CHECK(got.contains(R"("payload":)" + std::string(payload) + R"(,"deliveries")"));
  }
}

TEST_CASE("an invalid event is refused with its code and field, and nothing is stored") {
  struct refusal {
    const char* name;
    std::string body;
    int status;
    const char* code;
    const char* field;
  };
  const std::string absent = "(nothing there)";
  const std::vector<refusal> refusals = {
      {"empty", " ", 400, "invalid_json", ""},
      {"no JSON", "{", 400, "invalid_json", ""},
      {"trailing garbage", event_with("") + "x", 400, "invalid_json", ""},
      {"trailing comma", R"({"event_type":"a","payload":1,})", 400, "invalid_json", ""},
      {"comment", R"({"event_type":"a",/**/"payload":1})", 400, "invalid_json", ""},
      {"byte order mark", "\xef\xbb\xbf" + event_with(""), 400, "invalid_json", ""},
      {"NaN", R"({"event_type":"a","payload":NaN})", 400, "invalid_json", ""},
      {"1e400", R"({"event_type":"a","payload":1e400})", 400, "invalid_json", ""},
      {"-1e400", R"({"event_type":"a","payload":[-1E400]})", 400, "invalid_json", ""},
      {"bad UTF-8", "{\"event_type\":\"a\",\"payload\":\"\xff\"}", 400, "invalid_json", ""},
      {"lone surrogate", R"({"event_type":"a","payload":"\ud800"})", 400, "invalid_json", ""},
      {"raw NUL", std::string("{\"event_type\":\"a\",\"payload\":\"\0\"}", 33), 400, "invalid_json",
       ""},
      {"payload too deep", R"({"event_type":"a","payload":)" + nested(65) + "}", 400,
       "invalid_json", ""},
      {"deep array instead", nested(65), 400, "invalid_json", ""},
      {"duplicate field", R"({"event_type":"a","payload":1,"payload":2})", 400, "invalid_json", ""},
      {"duplicate field, escaped", R"({"event_type":"a","payload":1,"p\u0061yload":2})", 400,
       "invalid_json", ""},
      {"array", "[]", 422, "wrong_type", ""},
      {"string", "\"x\"", 422, "wrong_type", ""},
      {"no type", R"({"payload":1})", 422, "missing_field", "/event_type"},
      {"no payload", R"({"event_type":"a"})", 422, "missing_field", "/payload"},
      {"unknown field", event_with(R"(,"colour":"red")"), 422, "unknown_field", "/colour"},
      {"name and alias", event_with(R"(,"type":"user.created")"), 422, "invalid_value", "/type"},
      {"type is a number", R"({"event_type":1,"payload":1})", 422, "wrong_type", "/event_type"},
      {"type begins with a full stop", R"({"event_type":".a","payload":1})", 422, "invalid_value",
       "/event_type"},
      {"type with a space", R"({"type":"a b","payload":1})", 422, "invalid_value", "/type"},
      {"type with NUL", R"({"type":"a\u0000","payload":1})", 422, "invalid_value", "/type"},
      {"type too long", R"({"event_type":")" + std::string(129, 'a') + R"(","payload":1})", 422,
       "invalid_value", "/event_type"},
      {"labels are a list", event_with(R"(,"labels":[])"), 422, "wrong_type", "/labels"},
      {"label is null", event_with(R"(,"labels":{"a":null})"), 422, "wrong_type", "/labels/a"},
      {"label is an object", event_with(R"(,"labels":{"a":{}})"), 422, "wrong_type", "/labels/a"},
      {"label's name is empty", event_with(R"(,"labels":{"":1})"), 422, "invalid_value", "/labels"},
      {"label's name has a space", event_with(R"(,"labels":{"a b":1})"), 422, "invalid_value",
       "/labels"},
      {"label twice", event_with(R"(,"labels":{"a":1,"a":2})"), 400, "invalid_json", ""},
      {"idempotency key empty", event_with(R"(,"idempotency_key":"")"), 422, "invalid_value",
       "/idempotency_key"},
      {"idempotency key a number", event_with(R"(,"dedup_id":5)"), 422, "wrong_type", "/dedup_id"},
      {"both idempotency keys", event_with(R"(,"dedup_id":"a","idempotency_key":"a")"), 422,
       "invalid_value", "/idempotency_key"},
      {"no time", event_with(R"(,"occurred_at":"yesterday")"), 422, "invalid_value",
       "/occurred_at"},
      {"time is a number", event_with(R"(,"timestamp":5)"), 422, "wrong_type", "/timestamp"},
      {"no priority", event_with(R"(,"priority":"urgent")"), 422, "invalid_value", "/priority"},
      {"application is no id", event_with(R"(,"application_id":"x")"), 422, "invalid_value",
       "/application_id"},
      {"application unknown",
       event_with(R"(,"application_id":"01890000-0000-7000-8000-000000000000")"), 422,
       "invalid_value", "/application_id"},
  };
  api_fixture api;
  for (const refusal& tried : refusals) {
    CAPTURE(tried.name);
    const reply got = api.send("POST", "/api/v1/events", tried.body);
    CHECK(got.status == tried.status);
    CHECK(text_at(got, "/code") == tried.code);
    CHECK(text_at(got, "/field") == (*tried.field == '\0' ? absent : tried.field));
    CHECK(text_at(got, "/status") == std::to_string(tried.status));
    CHECK(text_at(got, "/request_id") == got.header("x-request-id"));
  }
  CHECK(text_at(api.send("GET", "/api/v1/events"), "/data") == "[]");
}

TEST_CASE("every bound of an event holds at the limit and refuses one more") {
  api_fixture api;
  const auto status_of = [&](const std::string& body) {
    return api.send("POST", "/api/v1/events", body).status;
  };
  const auto labels_of = [](std::size_t count) {
    std::string labels = R"(,"labels":{)";
    for (std::size_t index = 0; index < count; ++index) {
      labels += (index == 0 ? "\"l" : ",\"l") + std::to_string(index) + "\":1";
    }
    return event_with(labels + "}");
  };
  const auto payload_of = [](std::size_t bytes) {
    return R"({"event_type":"a","payload":")" + std::string(bytes - 2, 'x') + "\"}";
  };
  const auto label_named = [](std::size_t bytes) {
    return event_with(R"(,"labels":{")" + std::string(bytes, 'n') + R"(":1})");
  };
  const auto label_valued = [](std::size_t bytes) {
    return event_with(R"(,"labels":{"n":")" + std::string(bytes, 'v') + R"("})");
  };
  const auto keyed = [](std::size_t bytes) {
    return event_with(R"(,"idempotency_key":")" + std::string(bytes, 'k') + "\"");
  };
  const auto typed = [](std::size_t bytes) {
    return R"({"event_type":")" + std::string(bytes, 't') + R"(","payload":1})";
  };
  namespace limits = domain::limits;
  CHECK(status_of(payload_of(limits::payload_bytes_max)) == 202);
  CHECK(status_of(payload_of(limits::payload_bytes_max + 1)) == 413);
  CHECK(status_of(labels_of(32)) == 202);
  CHECK(status_of(labels_of(33)) == 422);
  CHECK(status_of(label_named(64)) == 202);
  CHECK(status_of(label_named(65)) == 422);
  CHECK(status_of(label_valued(256)) == 202);
  CHECK(status_of(label_valued(257)) == 422);
  CHECK(status_of(keyed(255)) == 202);
  CHECK(status_of(keyed(256)) == 422);
  CHECK(status_of(typed(128)) == 202);
  CHECK(status_of(typed(129)) == 422);
  CHECK(status_of(R"({"event_type":"a","payload":)" + nested(64) + "}") == 202);
  CHECK(status_of(R"({"event_type":"a","payload":)" + nested(65) + "}") == 400);
  CHECK(status_of(event_with("") + std::string(limits::event_body_bytes_max, ' ')) == 413);
}

TEST_CASE("a request without a body is no JSON") {
  api_fixture api;
  for (const char* path : {"/api/v1/events", "/api/v1/events/batch", "/api/v1/subscriptions"}) {
    const reply got = api.send("POST", path);
    CHECK(got.status == 400);
    CHECK(text_at(got, "/code") == "invalid_json");
  }
}

TEST_CASE("a number of any count of digits is taken") {
  api_fixture api;
  api.submit(std::string(1000, '9'));
  api.submit("1." + std::string(1000, '3'));
}

TEST_CASE("all fields of an event are kept") {
  api_fixture api;
  const reply made =
      api.send("POST", "/api/v1/events",
               R"({"type":"a.b","payload":1,"labels":{"x":"\u00e9","n":1.0,"b":true},)"
               R"("dedup_id":"k","timestamp":"2026-01-31T13:00:00.5+01:00","priority":"high",)"
               R"("application_id":")" +
                   to_string(api.application.id) + "\"}");
  REQUIRE(made.status == 202);
  const reply got = api.send("GET", "/api/v1/events/" + text_at(made, "/id"));
  CHECK(text_at(got, "/event_type") == "a.b");
  CHECK(text_at(got, "/occurred_at") == "2026-01-31T12:00:00.500000Z");
  CHECK(text_at(got, "/received_at") == text_at(made, "/received_at"));
  CHECK(text_at(got, "/priority") == "high");
  CHECK(text_at(got, "/application_id") == to_string(api.application.id));
  CHECK(text_at(got, "/labels/x") == "\xc3\xa9");
  CHECK(text_at(got, "/labels/b") == "true");
}

TEST_CASE("an idempotency key gives the first event again, or a conflict for another body") {
  api_fixture api;
  const std::string header = "Idempotency-Key: order%2B17\r\n";
  const reply first = api.send("POST", "/api/v1/events", event_with(""), header);
  CHECK(first.status == 202);
  const reply again = api.send("POST", "/api/v1/events", event_with(""), header);
  CHECK(again.status == 202);
  CHECK(text_at(again, "/id") == text_at(first, "/id"));
  CHECK(text_at(again, "/duplicate") == "true");
  SUBCASE("the header and the field are the same key") {
    const reply by_field =
        api.send("POST", "/api/v1/events", event_with(R"(,"idempotency_key":"order%2B17")"));
    CHECK(text_at(by_field, "/id") == text_at(first, "/id"));
  }
  SUBCASE("another payload") {
    const reply other = api.send("POST", "/api/v1/events",
                                 R"({"event_type":"user.created","payload":{"id":2}})", header);
    CHECK(other.status == 409);
    CHECK(text_at(other, "/code") == "idempotency_conflict");
    CHECK(text_at(other, "/field") == "/idempotency_key");
  }
  SUBCASE("another priority") {
    CHECK(api.send("POST", "/api/v1/events", event_with(R"(,"priority":"low")"), header).status ==
          409);
  }
  SUBCASE("another label") {
    CHECK(api.send("POST", "/api/v1/events", event_with(R"(,"labels":{"a":1})"), header).status ==
          409);
  }
  SUBCASE("two headers") {
    CHECK(api.send("POST", "/api/v1/events", event_with(""), header + header).status == 400);
  }
  SUBCASE("header and field") {
    CHECK(api.send("POST", "/api/v1/events", event_with(R"(,"idempotency_key":"x")"), header)
              .status == 422);
  }
  SUBCASE("header too long") {
    const std::string longest = "Idempotency-Key: " + std::string(255, 'k') + "\r\n";
    const std::string longer = "Idempotency-Key: " + std::string(256, 'k') + "\r\n";
    CHECK(api.send("POST", "/api/v1/events", event_with(""), longest).status == 202);
    CHECK(api.send("POST", "/api/v1/events", event_with(""), longer).status == 422);
  }
}

TEST_CASE("a batch is answered in the order submitted") {
  api_fixture api;
  const std::string body = R"({"events":[)" + event_with(R"(,"dedup_id":"a")") + "," +
                           event_with("") + "," + event_with(R"(,"dedup_id":"a")") + "]}";
  const reply got = api.send("POST", "/api/v1/events/batch", body);
  CHECK(got.status == 202);
  CHECK(text_at(got, "/accepted") == "2");
  CHECK(text_at(got, "/duplicates") == "1");
  CHECK(text_at(got, "/events/0/duplicate") == "false");
  CHECK(text_at(got, "/events/2/duplicate") == "true");
  CHECK(text_at(got, "/events/2/id") == text_at(got, "/events/0/id"));
}

TEST_CASE("a batch with an invalid event is refused as a whole, with every fault") {
  api_fixture api;
  const std::string body = R"({"events":[)" + event_with("") + R"(,{"payload":1},)" +
                           event_with("") + R"(,{"event_type":"a","payload":1,"x":1},3]})";
  const reply got = api.send("POST", "/api/v1/events/batch", body);
  CHECK(got.status == 422);
  CHECK(json_of(got).at("errors").as_array().size() == 3);
  CHECK(text_at(got, "/errors/0/index") == "1");
  CHECK(text_at(got, "/errors/0/code") == "missing_field");
  CHECK(text_at(got, "/errors/0/field") == "/event_type");
  CHECK(text_at(got, "/errors/1/index") == "3");
  CHECK(text_at(got, "/errors/1/code") == "unknown_field");
  CHECK(text_at(got, "/errors/2/code") == "wrong_type");
  CHECK(text_at(api.send("GET", "/api/v1/events"), "/data") == "[]");
}

TEST_CASE("a batch that conflicts is refused as a whole") {
  api_fixture api;
  api.send("POST", "/api/v1/events", event_with(R"(,"dedup_id":"a")"));
  const std::string body = R"({"events":[)" + event_with("") + "," +
                           event_with(R"(,"dedup_id":"a","priority":"low")") + "]}";
  const reply got = api.send("POST", "/api/v1/events/batch", body);
  CHECK(got.status == 409);
  CHECK(text_at(got, "/errors/0/index") == "1");
  CHECK(text_at(got, "/errors/0/code") == "idempotency_conflict");
  CHECK(json_of(api.send("GET", "/api/v1/events")).at("data").as_array().size() == 1);
}

TEST_CASE("a batch without a list of events is refused") {
  api_fixture api;
  const auto answer = [&](const std::string& body) {
    const reply got = api.send("POST", "/api/v1/events/batch", body);
    return std::to_string(got.status) + ' ' + text_at(got, "/code");
  };
  CHECK(answer("[]") == "422 wrong_type");
  CHECK(answer("{}") == "422 missing_field");
  CHECK(answer(R"({"events":{}})") == "422 wrong_type");
  CHECK(answer(R"({"events":[]})") == "422 invalid_value");
  CHECK(answer(R"({"events":[],"more":1})") == "422 unknown_field");
  CHECK(answer(R"({"events":[],"events":[]})") == "400 invalid_json");
  CHECK(answer(batch_of(1000)).starts_with("202"));
  CHECK(answer(batch_of(1001)) == "422 invalid_value");
  const std::string large = R"({"type":"a","payload":")" + std::string(200'000, 'x') + "\"}";
  CHECK(answer(R"({"events":[)" + large + "," + large + "]}").starts_with("202"));
  CHECK(answer(R"({"events":[)" + large + "," + large + ",1]}").starts_with("422"));
}

TEST_CASE("a batch of one application that is not there names the events at fault") {
  api_fixture api;
  const std::string elsewhere =
      event_with(R"(,"application_id":"01890000-0000-7000-8000-000000000000")");
  const reply got = api.send("POST", "/api/v1/events/batch",
                             R"({"events":[)" + event_with("") + "," + elsewhere + "]}");
  CHECK(got.status == 422);
  CHECK(text_at(got, "/errors/0/index") == "1");
  CHECK(text_at(got, "/errors/0/field") == "/application_id");
}

TEST_CASE("a batch's body may have 16 MiB") {
  api_fixture api;
  const std::string head =
      "POST /api/v1/events/batch HTTP/1.1\r\nHost: test\r\nX-API-Key: " + test_key() +
      "\r\nExpect: 100-continue\r\nContent-Length: ";
  raw_client taken(api.port);
  taken.send(head + "16777216\r\n\r\n");
  CHECK(taken.receive_head().starts_with("HTTP/1.1 100"));
  raw_client refused(api.port);
  refused.send(head + "16777217\r\n\r\n");
  CHECK(refused.receive()->status == 413);
}

TEST_CASE("what the actors refuse is answered with its status") {
  struct refusal {
    domain::ec code;
    int status;
    bool closes;
  };
  api_fixture api;
  for (const refusal& tried :
       {refusal{domain::ec::overloaded, 429, false}, refusal{domain::ec::draining, 503, true},
        refusal{domain::ec::store_unavailable, 503, false},
        refusal{domain::ec::store_full, 503, false}}) {
    api.gateway.refuse_with(tried.code);
    const reply got = api.send("POST", "/api/v1/events", event_with(""));
    CHECK(got.status == tried.status);
    CHECK_FALSE(got.header("retry-after").empty());
    CHECK((got.header("connection") == "close") == tried.closes);
  }
  api.gateway.lose_submissions();
  CHECK(api.send("POST", "/api/v1/events", event_with("")).status == 503);
}

TEST_CASE("a body that is not JSON by its type or coding is refused with 415") {
  api_fixture api;
  const auto status_for = [&](const std::string& headers) {
    return api
        .send_without_key("POST", "/api/v1/events", "X-API-Key: " + test_key() + "\r\n" + headers,
                          event_with(""))
        .status;
  };
  CHECK(status_for("Content-Type: text/plain\r\n") == 415);
  CHECK(status_for("Content-Type: application/x-www-form-urlencoded\r\n") == 415);
  CHECK(status_for("Content-Encoding: gzip\r\n") == 415);
  CHECK(status_for("Content-Type: application/json; charset=utf-8\r\n") == 202);
  CHECK(status_for("Content-Type: APPLICATION/JSON\r\n") == 202);
  CHECK(status_for("Content-Encoding: identity\r\n") == 202);
  CHECK(status_for("") == 202);
}

}  // namespace talaria::http::test
