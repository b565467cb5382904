#include "domain/limits.hpp"
#include "http/cursor.hpp"
#include "http/event_decoder.hpp"
#include "http/json_reader.hpp"
#include "http/problem.hpp"
#include "http/query.hpp"
#include "http/router.hpp"

#include <doctest/doctest.h>

namespace talaria::http::test {
namespace {

std::string decoded_payload(const std::string& payload) {
  const auto decoded =
      decode_event(R"( { "event_type" : "a" , "payload" : )" + payload + R"( , "priority":"low" })",
                   std::nullopt);
  return decoded ? decoded->draft.event->payload : "refused: " + decoded.error().detail;
}

}  // namespace

TEST_CASE("a payload's slice is what was sent between its ends") {
  for (const char* payload :
       {"1", "-0.0", "1E+2", "true", "null", "\"\"", R"("\"")", R"("\\")", R"("\\\"}")", "[]", "{}",
        "[1 , 2]", R"({"a":"}"})", R"({"a":"]\"","a":[{}]})", R"("\u0000\ud83d\ude00")",
        "[[[\"x\"],{}],[]]", "123456789012345678901234567890.0000"}) {
    CAPTURE(payload);
    CHECK(decoded_payload(payload) == payload);
  }
}

TEST_CASE("an event without its own time is marked, and one with has it") {
  CHECK(decode_event(R"({"type":"a","payload":1})", std::nullopt)->draft.occurred_now);
  const auto timed = decode_event(
      R"({"type":"a","payload":1,"occurred_at":"2026-01-31T12:00:00Z"})", std::nullopt);
  CHECK_FALSE(timed->draft.occurred_now);
  CHECK(domain::to_rfc3339(timed->draft.event->occurred_at) == "2026-01-31T12:00:00.000000Z");
}

TEST_CASE("labels are kept in one form, however they were written") {
  const auto labels_of = [](const std::string& labels) {
    return decode_event(R"({"type":"a","payload":1,"labels":)" + labels + "}", std::nullopt)
        ->draft.event->labels;
  };
  CHECK(labels_of(R"({"a":"\u0041","b":1.0,"c":true})") ==
        labels_of(R"({"a":"A","b":1,"c":true})"));
  CHECK(labels_of(R"({"a":"1"})") != labels_of(R"({"a":1})"));
}

TEST_CASE("the hash of a body sees what the event means and nothing else") {
  const auto hash_of = [](const std::string& fields) {
    return decode_event("{" + fields + "}", "key")->draft.idempotent->body_hash;
  };
  const auto hash = hash_of(R"("type":"a","payload":{"n":1},"labels":{"x":1,"y":2})");
  CHECK(hash == hash_of(R"("labels":{"y":2.0,"x":1},"payload":{"n":1},"event_type":"a")"));
  CHECK(hash ==
        hash_of(R"("type":"a","payload":{"n":1},"labels":{"x":1,"y":2},"priority":"normal")"));
  CHECK(hash != hash_of(R"("type":"a","payload":{"n": 1},"labels":{"x":1,"y":2})"));
  CHECK(hash != hash_of(R"("type":"b","payload":{"n":1},"labels":{"x":1,"y":2})"));
  CHECK(hash != hash_of(R"("type":"a","payload":{"n":1},"labels":{"x":1})"));
  CHECK(hash != hash_of(R"("type":"a","payload":{"n":1},"labels":{"x":1,"y":2},"priority":"low")"));
  CHECK(hash != hash_of(R"("type":"a","payload":{"n":1},"labels":{"x":1,"y":2},)"
                        R"("occurred_at":"2026-01-31T12:00:00Z")"));
}

TEST_CASE("the hash of a key depends on the key alone") {
  const auto keyed = [](std::string_view key) {
    return decode_event(R"({"type":"a","payload":1})", key)->draft.idempotent->key_hash;
  };
  CHECK(keyed("k") == keyed("k"));
  CHECK(keyed("k") != keyed("K"));
  CHECK_FALSE(
      decode_event(R"({"type":"a","payload":1})", std::nullopt)->draft.idempotent.has_value());
}

TEST_CASE("a batch's events may be as deep as single ones") {
  const auto faults_at = [](std::size_t depth) {
    const auto batch = decode_batch(R"({"events":[{"type":"a","payload":)" +
                                    std::string(depth, '[') + std::string(depth, ']') + "}]}");
    return batch.has_value();
  };
  CHECK(faults_at(64));
  CHECK_FALSE(faults_at(65));
}

TEST_CASE("an object read as a whole has every name once") {
  CHECK(parse_json_object(R"( {"a":{"b":1,"b":2}} )").has_value());
  CHECK_FALSE(parse_json_object(R"({"a":1,"a":2})").has_value());
  CHECK(parse_json_object("[]").error().code == domain::ec::wrong_type);
  CHECK(parse_json_object("").error().code == domain::ec::invalid_json);
  std::string many = "{";
  for (int index = 0; index < 100; ++index) {
    many += "\"n" + std::to_string(index) + "\":1,";
  }
  CHECK(parse_json_object(many + R"("last":1})").has_value());
  CHECK_FALSE(parse_json_object(many + R"("n50":1})").has_value());
}

TEST_CASE("a query is decoded, and what nobody took is an error") {
  auto query = query_parameters::parse("a=1&b=x%20y+z&c&&label.x=5").value();
  CHECK(query.take("a") == "1");
  CHECK(query.take("b") == "x y z");
  CHECK(query.take("c") == "");
  CHECK_FALSE(query.take("d").has_value());
  CHECK_FALSE(query.check_all_taken().has_value());
  CHECK(query.take_all("label.").front() == std::pair<std::string, std::string>("x", "5"));
  CHECK(query.check_all_taken().has_value());
  for (const char* bad : {"a=%", "a=%4", "a=%4x", "a=%00", "a=1&a=2"}) {
    CHECK_FALSE(query_parameters::parse(bad).has_value());
  }
}

TEST_CASE("a cursor is read by the list and the installation that made it") {
  const cursor_codec codec("key");
  domain::uuid id;
  id.bytes[3] = 17;
  const std::string text = codec.encode("events", id);
  CHECK(codec.decode("events", text).value() == id);
  CHECK_FALSE(codec.decode("deliveries", text).has_value());
  CHECK_FALSE(cursor_codec("other").decode("events", text).has_value());
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::string changed = text;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    CHECK_FALSE(codec.decode("events", changed).has_value());
  }
}

TEST_CASE("every error code has its status") {
  using domain::ec;
  const auto status = [](ec code) { return to_problem({code, "", ""}).status; };
  CHECK(status(ec::invalid_json) == 400);
  CHECK(status(ec::invalid_cursor) == 400);
  CHECK(status(ec::unauthorized) == 401);
  CHECK(status(ec::forbidden) == 403);
  CHECK(status(ec::not_found) == 404);
  CHECK(status(ec::conflict) == 409);
  CHECK(status(ec::idempotency_conflict) == 409);
  CHECK(status(ec::too_large) == 413);
  for (const ec code : {ec::invalid_value, ec::missing_field, ec::unknown_field, ec::wrong_type,
                        ec::blocked_address, ec::not_supported}) {
    CHECK(status(code) == 422);
  }
  CHECK(status(ec::overloaded) == 429);
  for (const ec code : {ec::draining, ec::store_unavailable, ec::store_full}) {
    CHECK(status(code) == 503);
    CHECK(to_problem({code, "", ""}).retry_after.has_value());
  }
  const problem internal = to_problem({ec::fenced, "shard 5", ""});
  CHECK(internal.status == 500);
  CHECK(internal.detail.find("shard") == std::string::npos);
}

TEST_CASE("a route is found by its segments") {
  router routes;
  routes.add("GET", "/a/{id}", 0);
  routes.add("POST", "/a/batch", 0);
  routes.add("GET", "/tree/{path...}", 0);
  routes.add("POST", "/tree/{path...}/shake", 0);
  const auto find = [&](std::string_view method, std::string_view path) {
    request asked;
    asked.method = method;
    asked.path = path;
    const auto found = routes.find(asked);
    if (!found) {
      return std::to_string(found.error().status);
    }
    std::string text = (*found)->pattern;
    for (const path_parameter& parameter : asked.parameters) {
      text += ' ' + std::string(parameter.value);
    }
    return text;
  };
  CHECK(find("GET", "/a/17") == "/a/{id} 17");
  CHECK(find("HEAD", "/a/17") == "/a/{id} 17");
  CHECK(find("POST", "/a/batch") == "/a/batch");
  CHECK(find("GET", "/a/batch") == "405");
  CHECK(find("GET", "/tree/x/y") == "/tree/{path...} x/y");
  CHECK(find("POST", "/tree/x/y/shake") == "/tree/{path...}/shake x/y");
  CHECK(find("POST", "/tree/shake/shake") == "/tree/{path...}/shake shake");
  CHECK(find("GET", "/tree/shake") == "/tree/{path...} shake");
  CHECK(find("GET", "/tree/x/shake") == "405");
  CHECK(find("POST", "/tree/x/y") == "405");
  CHECK(find("GET", "/a") == "404");
  CHECK(find("GET", "/a/") == "404");
  CHECK(find("GET", "/a/17/") == "404");
  CHECK(find("GET", "/a/17/b") == "404");
  CHECK(find("GET", "/A/17") == "404");
  CHECK(find("GET", "/a/..") == "404");
  CHECK(find("GET", "/a/%31") == "400");
  CHECK(find("GET", "/a/\xc3\xa9") == "400");
  CHECK(find("GET", "a/17") == "400");
  CHECK(find("GET", "") == "400");
  CHECK(find("get", "/a/17") == "501");
  CHECK(find("QUERY", "/a/17") == "405");
  std::string deep;
  for (int level = 0; level < 1000; ++level) {
    deep += "/a";
  }
  CHECK(find("GET", deep) == "404");
}

}  // namespace talaria::http::test
