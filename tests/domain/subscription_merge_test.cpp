#include "tests/domain/subscription_json.hpp"

#include <random>
#include <string>
#include <utility>
#include <vector>

using namespace talaria::domain;
using namespace talaria::domain::test;
using namespace std::chrono_literals;

namespace {

/// Every field has a value that is not its default.
constexpr std::string_view full_text = R"({
  "url": "https://example.com/hooks",
  "event_types": ["user.*", "order.paid"],
  "label_filter": {"region": "eu", "tier": 1, "ratio": 0.5, "vip": true},
  "payload_filter": {"and": [{"path": "/amount", "gt": 100}, {"path": "/state", "ne": null}]},
  "description": "orders of the EU",
  "metadata": {"team": "a", "nested": {"x": 1, "y": [1, 2]}, "retry": {"kept": 1, "dropped": 2}},
  "enabled": false,
  "method": "PUT",
  "headers": {"X-A": "1", "X-B": "2", "X-C": "3", "X-D": "4"},
  "timeout_ms": 1234,
  "priority": "high",
  "max_in_flight": 7,
  "rate_limit_per_second": 50,
  "retry": {"strategy": "exponential", "base_ms": 10, "factor": 1.5, "max_ms": 500,
            "max_attempts": 9},
  "signature": "hook0",
  "body": "envelope"
})";

subscription_settings full_settings() {
  return accepted(parse_subscription_settings(object_of(full_text)));
}

result<subscription_settings> merge(std::string_view changes,
                                    const subscription_settings& base = full_settings()) {
  return merge_subscription_settings(object_of(changes), base);
}

subscription_settings merged(std::string_view changes) {
  CAPTURE(changes);
  return accepted(merge(changes));
}

boost::json::object metadata_after(std::string_view changes) {
  return object_of(merged(changes).metadata);
}

std::string nested(std::size_t depth) {
  std::string text;
  for (std::size_t i = 0; i < depth; ++i)
    text += R"({"a":)";
  return text + "1" + std::string(depth, '}');
}

}  // namespace

TEST_CASE("what is written for a client reads back as the same settings") {
  const auto settings = full_settings();
  const auto again = accepted(parse_subscription_settings(to_json(settings)));
  CHECK(text_of(again) == text_of(settings));
  CHECK(again.label_filter == settings.label_filter);
  CHECK(again.headers == settings.headers);
  CHECK(again.retry == settings.retry);
  CHECK(again.metadata == settings.metadata);
  CHECK(again.payload_filter == settings.payload_filter);
}

TEST_CASE("a client sees every field that it may write, under its name") {
  const auto written = to_json(full_settings());
  for (const auto& [name, value] : object_of(full_text)) {
    CAPTURE(std::string{name});
    REQUIRE(written.contains(name));
    CHECK(written.at(name) == value);
  }
  CHECK(written.at("ordering") == "parallel");
}

TEST_CASE("a client sees the defaults, and neither priority nor payload filter unless one is set") {
  subscription_settings settings;
  settings.url = "https://example.com/";
  const auto written = to_json(settings);
  CHECK(written.at("event_types") == boost::json::array{"*"});
  CHECK(written.at("metadata") == boost::json::object{});
  CHECK(written.at("label_filter") == boost::json::object{});
  CHECK(written.at("timeout_ms") == 15000);
  CHECK(written.at("retry").at("delays_ms").as_array().size() == 7);
  CHECK_FALSE(written.contains("priority"));
  CHECK_FALSE(written.contains("payload_filter"));
}

TEST_CASE("an empty patch changes nothing") {
  CHECK(text_of(merged("{}")) == text_of(full_settings()));
}

TEST_CASE("a member of the patch replaces its field alone") {
  const std::vector<std::pair<std::string, std::string>> changes{
      {"url", R"("https://other.example/")"},
      {"event_types", R"(["a"])"},
      {"payload_filter", R"({"path":"/state","eq":null})"},
      {"description", R"("changed")"},
      {"enabled", "true"},
      {"method", R"("PATCH")"},
      {"timeout_ms", "1"},
      {"priority", R"("low")"},
      {"max_in_flight", "8"},
      {"rate_limit_per_second", "51"},
      {"retry", R"({"delays_ms":[1,2]})"},
      {"signature", R"("standard-v1")"},
      {"body", R"("payload")"}};
  for (const auto& [name, value] : changes) {
    auto expected = to_json(full_settings());
    expected[name] = boost::json::parse(value);
    const auto patch = fmt::format(R"({{"{}":{}}})", name, value);
    CAPTURE(patch);
    CHECK(to_json(merged(patch)) == expected);
  }
}

TEST_CASE("null gives each field its default and changes no other") {
  subscription_settings defaults;
  defaults.url = "https://example.com/";
  const auto default_fields = to_json(defaults);
  for (const auto* name :
       {"event_types", "label_filter", "payload_filter", "description", "metadata", "enabled",
        "method", "headers", "timeout_ms", "priority", "max_in_flight", "rate_limit_per_second",
        "retry", "signature", "body", "ordering"}) {
    auto expected = to_json(full_settings());
    if (const auto* value = default_fields.if_contains(name))
      expected[name] = *value;
    else
      expected.erase(name);
    CAPTURE(name);
    CHECK(to_json(merged(fmt::format(R"({{"{}":null}})", name))) == expected);
  }
}

TEST_CASE("null for the URL, which has no default, is refused") {
  check_refused(merge(R"({"url":null})"), ec::missing_field, "/url");
}

TEST_CASE("null for a field that is not available, or not there, changes nothing") {
  CHECK(text_of(merged(
            R"({"disable_after_failing_hours":null,"circuit_breaker":null,"colour":null})")) ==
        text_of(full_settings()));
}

TEST_CASE("members of the label filter and of the headers change one by one") {
  const auto settings = merged(
      R"({"label_filter":{"tier":null,"region":"us","new":"x"},"headers":{"X-B":null,"X-E":"5"}})");
  const labels expected_filter{
      {"region", "\"us\""}, {"ratio", "0.5"}, {"vip", "true"}, {"new", "\"x\""}};
  CHECK(settings.label_filter == expected_filter);
  CHECK(settings.headers.size() == 4);
}

TEST_CASE("headers keep their order when one is taken out") {
  const std::vector<std::pair<std::string, std::string>> expected{
      {"X-B", "2"}, {"X-C", "3"}, {"X-D", "4"}, {"X-E", "5"}};
  CHECK(merged(R"({"headers":{"X-A":null,"X-E":"5"}})").headers == expected);
}

TEST_CASE("metadata is merged at every depth") {
  CHECK(metadata_after(R"({"metadata":{"nested":{"x":null,"z":3},"more":true}})") ==
        object_of(R"({"team":"a","nested":{"y":[1,2],"z":3},
                      "retry":{"kept":1,"dropped":2},"more":true})"));
}

TEST_CASE("an array in metadata is replaced as a whole") {
  CHECK(metadata_after(R"({"metadata":{"nested":{"y":[3,null]}}})").at("nested").at("y") ==
        object_of(R"({"y":[3,null]})").at("y"));
}

TEST_CASE("a member of metadata that is called retry is merged like any other") {
  CHECK(metadata_after(R"({"metadata":{"retry":{"dropped":null,"added":3}}})").at("retry") ==
        object_of(R"({"kept":1,"added":3})"));
}

TEST_CASE("a null inside an object that is new takes nothing out and is not kept") {
  CHECK(metadata_after(R"({"metadata":{"new":{"a":null,"b":{"c":null}}}})").at("new") ==
        object_of(R"({"b":{}})"));
  CHECK(metadata_after(R"({"metadata":{"team":{"a":null,"b":1}}})").at("team") ==
        object_of(R"({"b":1})"));
}

// The examples of RFC 7396, appendix A, whose target and result are objects.
TEST_CASE("the examples of RFC 7396 merge as it says") {
  struct example {
    std::string_view target;
    std::string_view patch;
    std::string_view result;
  };
  for (const auto& [target, patch, result] :
       {example{R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
        example{R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
        example{R"({"a":"b"})", R"({"a":null})", R"({})"},
        example{R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})"},
        example{R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"},
        example{R"({"a":"c"})", R"({"a":["b"]})", R"({"a":["b"]})"},
        example{R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d"}})"},
        example{R"({"a":[{"b":"c"}]})", R"({"a":[1]})", R"({"a":[1]})"},
        example{R"({"e":null})", R"({"a":1})", R"({"e":null,"a":1})"},
        example{R"({})", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"}}) {
    CAPTURE(target);
    CAPTURE(patch);
    auto base = full_settings();
    base.metadata = target;
    const auto settings = accepted(merge(fmt::format(R"({{"metadata":{}}})", patch), base));
    CHECK(object_of(settings.metadata) == object_of(result));
  }
}

TEST_CASE("a schedule is replaced as a whole, by a list or by another exponential one") {
  CHECK(merged(R"({"retry":{"delays_ms":[5]}})").retry.delays() ==
        std::vector<retry_schedule::duration>{5ms});
  check_refused(merge(R"({"retry":{"base_ms":20}})"), ec::missing_field, "/retry/strategy");
}

TEST_CASE("a null in a new schedule stands for nothing") {
  CHECK(merged(R"({"retry":{"delays_ms":[5],"strategy":null,"base_ms":null}})").retry.delays() ==
        std::vector<retry_schedule::duration>{5ms});
}

TEST_CASE("a rule is replaced as a whole, and the nulls in it are kept") {
  CHECK(to_json(merged(R"({"payload_filter":{"not":{"path":"/a","eq":null}}})"))
            .at("payload_filter") == object_of(R"({"not":{"path":"/a","eq":null}})"));
  check_refused(merge(R"({"payload_filter":{"path":"/a"}})"), ec::missing_field, "/payload_filter");
  check_refused(merge(R"({"payload_filter":{"and":[{"path":"/a","eq":1},{"path":"b","eq":1}]}})"),
                ec::invalid_value, "/payload_filter/and/1/path");
}

TEST_CASE("a new subscription may have a filter with a null, or null for none") {
  const auto created = accepted("payload_filter", R"({"path":"/a","eq":null})");
  CHECK(accepted(merge(R"({"enabled":false})", created)).payload_filter == created.payload_filter);
  CHECK(accepted("payload_filter", "null").payload_filter.empty());
}

TEST_CASE("a patch with a fault is refused with its field") {
  check_refused(merge(R"({"timeout_ms":0})"), ec::invalid_value, "/timeout_ms");
  check_refused(merge(R"({"headers":"none"})"), ec::wrong_type, "/headers");
  check_refused(merge(R"({"headers":{"Host":"x"}})"), ec::invalid_value, "/headers/Host");
  check_refused(merge(R"({"label_filter":{"tier":{"a":1}}})"), ec::wrong_type,
                "/label_filter/tier");
  check_refused(merge(R"({"metadata":[]})"), ec::wrong_type, "/metadata");
  check_refused(merge(R"({"colour":1})"), ec::unknown_field, "/colour");
  check_refused(merge(R"({"ordering":"lifo"})"), ec::invalid_value, "/ordering");
  check_refused(merge(R"({"circuit_breaker":{"open_ms":1}})"), ec::invalid_value,
                "/circuit_breaker/open_ms");
}

TEST_CASE("bounds hold for what was there and what is added together") {
  std::string more = R"({"headers":{)";
  for (std::size_t i = 0; i < limits::custom_headers_max - 4; ++i)
    more += fmt::format(R"({}"N-{}":"v")", i == 0 ? "" : ",", i);
  CHECK(accepted(merge(more + "}}")).headers.size() == limits::custom_headers_max);
  check_refused(merge(more + R"(,"N-One-More":"v"}})"), ec::invalid_value, "/headers");
}

TEST_CASE("a patch of settings without a URL must bring one") {
  check_refused(merge(R"({"enabled":false})", subscription_settings{}), ec::missing_field, "/url");
  const auto created =
      accepted(merge(R"({"url":"https://example.com/","priority":null})", subscription_settings{}));
  CHECK(created.url == "https://example.com/");
}

TEST_CASE("metadata as deep as JSON may be is written and merged") {
  const auto depth = limits::json_depth_max - 1;
  const auto settings = accepted("metadata", nested(depth));
  CHECK(text_of(settings).find(nested(depth)) != std::string::npos);
  const auto changed = accepted(merge(R"({"enabled":false})", settings));
  CHECK(changed.metadata == settings.metadata);
}

TEST_CASE("a label filter stays as it is over any number of patches (seed 1)") {
  std::mt19937_64 random{1};
  std::uniform_real_distribution<double> numbers{0, 1000};
  for (int i = 0; i < 500; ++i) {
    const auto settings = accepted("label_filter", fmt::format(R"({{"n":{}}})", numbers(random)));
    const auto patched = accepted(merge(R"({"enabled":false})", settings));
    REQUIRE(patched.label_filter == settings.label_filter);
  }
}

TEST_CASE("an endless number in a label filter can be written and patched") {
  const auto settings = accepted("label_filter", R"({"n":1e400})");
  CHECK(accepted(merge("{}", settings)).label_filter == settings.label_filter);
}
