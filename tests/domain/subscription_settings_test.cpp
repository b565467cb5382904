#include "tests/domain/subscription_json.hpp"

#include <string>
#include <string_view>
#include <vector>

using namespace talaria::domain;
using namespace talaria::domain::test;
using namespace std::chrono_literals;

namespace {

/// `{"n0":<value>,"n1":<value>,...}`
std::string object_with(std::size_t members, std::string_view value) {
  std::string text = "{";
  for (std::size_t i = 0; i < members; ++i)
    text += fmt::format(R"({}"n{}":{})", i == 0 ? "" : ",", i, value);
  return text + "}";
}

std::string array_of(std::size_t entries, std::string_view prefix) {
  std::string text = "[";
  for (std::size_t i = 0; i < entries; ++i)
    text += fmt::format(R"({}"{}{}")", i == 0 ? "" : ",", prefix, i);
  return text + "]";
}

result<subscription_settings> parse(std::string_view text) {
  return parse_subscription_settings(object_of(text));
}

}  // namespace

TEST_CASE("the texts of a subscription's choices are those of the contract") {
  CHECK(to_string(signature_scheme::standard_v1) == "standard-v1");
  CHECK(to_string(signature_scheme::standard_v1a) == "standard-v1a");
  CHECK(to_string(signature_scheme::hook0) == "hook0");
  CHECK(to_string(body_form::payload) == "payload");
  CHECK(to_string(body_form::envelope) == "envelope");
  CHECK(to_string(http_method::post) == "POST");
  CHECK(to_string(http_method::put) == "PUT");
  CHECK(to_string(http_method::patch) == "PATCH");
}

TEST_CASE("every reason for a disabled subscription has a text that reads back") {
  for (const auto reason : {disabled_reason::none, disabled_reason::gone})
    CHECK(parse_disabled_reason(to_string(reason)) == reason);
  CHECK_FALSE(parse_disabled_reason(""));
  CHECK_FALSE(parse_disabled_reason("tired"));
}

TEST_CASE("new events fan out to a subscription unless it is switched off or gone") {
  subscription one;
  CHECK(one.active());
  one.paused = true;
  CHECK(one.active());
  one.disabled = disabled_reason::gone;
  CHECK_FALSE(one.active());
  one.disabled = disabled_reason::none;
  one.settings.enabled = false;
  CHECK_FALSE(one.active());
}

TEST_CASE("a URL alone is enough, and everything else has its default") {
  const auto settings = accepted(parse(R"({"url":"https://example.com/hooks"})"));
  CHECK(settings.url == "https://example.com/hooks");
  CHECK(settings.event_types == std::vector<std::string>{"*"});
  CHECK(settings.label_filter.empty());
  CHECK(settings.description.empty());
  CHECK(settings.metadata == "{}");
  CHECK(settings.enabled);
  CHECK(settings.method == http_method::post);
  CHECK(settings.headers.empty());
  CHECK(settings.timeout == 15s);
  CHECK_FALSE(settings.priority);
  CHECK(settings.max_in_flight == limits::in_flight_default);
  CHECK(settings.retry == retry_schedule{});
  CHECK(settings.signature == signature_scheme::standard_v1);
  CHECK(settings.body == body_form::payload);
}

TEST_CASE("a subscription without a URL is refused") {
  check_refused(parse("{}"), ec::missing_field, "/url");
  check_refused(parse(R"({"description":"no url"})"), ec::missing_field, "/url");
}

TEST_CASE("a URL that is no text, no webhook's or too long is refused") {
  for (const auto* value : {"1", "null", "true", "[]", "{}"})
    check_refused(parse(fmt::format(R"({{"url":{}}})", value)), ec::wrong_type, "/url");
  for (const auto* value : {"", "ftp://example.com/", "https://u:p@example.com/", "example.com",
                            "https://exam\\u0000ple.com/"})
    check_refused(parse(fmt::format(R"({{"url":"{}"}})", value)), ec::invalid_value, "/url");
  const std::string start = "https://example.com/";
  const auto of_bytes = [&](std::size_t bytes) {
    return parse(fmt::format(R"({{"url":"{}{}"}})", start, std::string(bytes - start.size(), 'a')));
  };
  CHECK(accepted(of_bytes(limits::url_bytes_max)).url.size() == limits::url_bytes_max);
  check_refused(of_bytes(limits::url_bytes_max + 1), ec::too_large, "/url");
}

TEST_CASE("a field that the contract does not have is refused by its name") {
  for (const auto* name : {"colour", "URL", "id", "secret", "paused", "event_type", ""})
    check_refused(name, "1", ec::unknown_field);
}

TEST_CASE("an unknown name is escaped in the pointer to it") {
  check_refused("a/b", "1", ec::unknown_field, "/a~1b");
  check_refused("a~b", "1", ec::unknown_field, "/a~0b");
  check_refused("~1", "1", ec::unknown_field, "/~01");
}

TEST_CASE("event types are names, prefixes or *, and what is named twice is kept once") {
  CHECK(accepted("event_types", R"(["user.created","user.*","*","user.*"])").event_types ==
        std::vector<std::string>{"user.created", "user.*", "*"});
}

TEST_CASE("event types of another type are refused where they stand") {
  for (const auto* value : {"\"*\"", "null", "1", "{}", "true"})
    check_refused("event_types", value, ec::wrong_type);
  for (const auto* value : {R"(["*",1])", R"(["*",null])", R"(["*",["*"]])"})
    check_refused("event_types", value, ec::wrong_type, "/event_types/1");
}

TEST_CASE("event types that are no pattern are refused where they stand") {
  for (const auto* pattern : {"", "user..created", "*.created", "us er", "user*", "\\u0000"})
    check_refused("event_types", fmt::format(R"(["*","{}"])", pattern), ec::invalid_value,
                  "/event_types/1");
}

TEST_CASE("event types have 1 to 64 entries") {
  check_refused("event_types", "[]", ec::invalid_value);
  CHECK(
      accepted("event_types", array_of(limits::event_type_patterns_max, "t")).event_types.size() ==
      limits::event_type_patterns_max);
  check_refused("event_types", array_of(limits::event_type_patterns_max + 1, "t"),
                ec::invalid_value);
}

TEST_CASE("a label filter compares strings, numbers and booleans") {
  CHECK(accepted("label_filter", R"({"region":"eu","tier":1.0,"vip":true})").label_filter ==
        labels{{"region", "\"eu\""}, {"tier", "1"}, {"vip", "true"}});
}

TEST_CASE("a label filter of another type is refused") {
  for (const auto* value : {"[]", "\"a\"", "null", "1"})
    check_refused("label_filter", value, ec::wrong_type);
  for (const auto* value : {"null", "[]", "{}"})
    check_refused("label_filter", fmt::format(R"({{"a/b":{}}})", value), ec::wrong_type,
                  "/label_filter/a~1b");
}

TEST_CASE("a label filter has at most 32 members") {
  CHECK(accepted("label_filter", object_with(limits::labels_max, "1")).label_filter.size() ==
        limits::labels_max);
  check_refused("label_filter", object_with(limits::labels_max + 1, "1"), ec::invalid_value);
}

TEST_CASE("a label's name has at most 64 bytes and its value 256, quotes included") {
  const auto named = [](std::size_t bytes) {
    return fmt::format(R"({{"{}":1}})", std::string(bytes, 'n'));
  };
  const auto valued = [](std::size_t bytes) {
    return fmt::format(R"({{"n":"{}"}})", std::string(bytes - 2, 'v'));
  };
  CHECK(accepted("label_filter", named(limits::label_name_bytes_max)).label_filter.size() == 1);
  check_refused("label_filter", named(limits::label_name_bytes_max + 1), ec::too_large,
                "/label_filter/" + std::string(limits::label_name_bytes_max + 1, 'n'));
  CHECK(accepted("label_filter", valued(limits::label_value_bytes_max)).label_filter.size() == 1);
  check_refused("label_filter", valued(limits::label_value_bytes_max + 1), ec::too_large,
                "/label_filter/n");
}

TEST_CASE("a description has at most 1024 bytes and no NUL") {
  CHECK(accepted("description", "\"caf\xC3\xA9\"").description == "caf\xC3\xA9");
  CHECK(accepted("description", quoted(std::string(limits::description_bytes_max, 'd')))
            .description.size() == limits::description_bytes_max);
  check_refused("description", quoted(std::string(limits::description_bytes_max + 1, 'd')),
                ec::too_large);
  check_refused("description", R"("a\u0000b")", ec::invalid_value);
  for (const auto* value : {"null", "1", "[]", "{}", "false"})
    check_refused("description", value, ec::wrong_type);
}

TEST_CASE("metadata is any object, kept as it was given") {
  const std::string metadata = R"({"z":[1,2.5,null],"a":{"b":"c"}})";
  const auto settings = accepted("metadata", metadata);
  CHECK(object_of(settings.metadata) == object_of(metadata));
  for (const auto* value : {"null", "1", "[]", "\"{}\"", "true"})
    check_refused("metadata", value, ec::wrong_type);
}

TEST_CASE("metadata has at most 4096 bytes") {
  const auto of_bytes = [](std::size_t bytes) {
    return fmt::format(R"({{"m":"{}"}})", std::string(bytes - 8, 'm'));
  };
  CHECK(accepted("metadata", of_bytes(limits::metadata_bytes_max)).metadata.size() ==
        limits::metadata_bytes_max);
  check_refused("metadata", of_bytes(limits::metadata_bytes_max + 1), ec::too_large);
}

TEST_CASE("enabled is true or false") {
  CHECK(accepted("enabled", "true").enabled);
  CHECK_FALSE(accepted("enabled", "false").enabled);
  for (const auto* value : {"null", "0", "1", "\"true\"", "[]"})
    check_refused("enabled", value, ec::wrong_type);
}

TEST_CASE("the method is POST, PUT or PATCH, in capitals") {
  CHECK(accepted("method", "\"POST\"").method == http_method::post);
  CHECK(accepted("method", "\"PUT\"").method == http_method::put);
  CHECK(accepted("method", "\"PATCH\"").method == http_method::patch);
  for (const auto* value : {"\"GET\"", "\"post\"", "\"\"", "\"DELETE\""})
    check_refused("method", value, ec::invalid_value);
  for (const auto* value : {"null", "0", "[]"})
    check_refused("method", value, ec::wrong_type);
}

TEST_CASE("the timeout is from 1 to 60,000 ms") {
  CHECK(accepted("timeout_ms", "1").timeout == 1ms);
  CHECK(accepted("timeout_ms", "60000").timeout == limits::timeout_max);
  CHECK(accepted("timeout_ms", "5e3").timeout == 5s);
  for (const auto* value : {"0", "-1", "60001", "1.5", "9223372036854775808", "1e30", "1e400",
                            "18446744073709551615", "-9223372036854775809"})
    check_refused("timeout_ms", value, ec::invalid_value);
  for (const auto* value : {"null", "\"15000\"", "[]", "true"})
    check_refused("timeout_ms", value, ec::wrong_type);
}

TEST_CASE("the priority is high, normal or low") {
  CHECK(accepted("priority", "\"high\"").priority == priority::high);
  CHECK(accepted("priority", "\"normal\"").priority == priority::normal);
  CHECK(accepted("priority", "\"low\"").priority == priority::low);
  for (const auto* value : {"\"High\"", "\"\"", "\"urgent\""})
    check_refused("priority", value, ec::invalid_value);
  for (const auto* value : {"null", "0", "[]"})
    check_refused("priority", value, ec::wrong_type);
}

TEST_CASE("a choice's text of any length is refused") {
  check_refused("priority", quoted(std::string(limits::name_bytes_max, 'p')), ec::invalid_value);
  check_refused("priority", quoted(std::string(limits::name_bytes_max + 1, 'p')), ec::too_large);
}

TEST_CASE("from 1 to 1,000 requests may be in flight") {
  CHECK(accepted("max_in_flight", "1").max_in_flight == 1);
  CHECK(accepted("max_in_flight", "1000").max_in_flight == limits::in_flight_max);
  for (const auto* value : {"0", "-1", "1001", "0.5", "4294967297"})
    check_refused("max_in_flight", value, ec::invalid_value);
  for (const auto* value : {"null", "\"16\"", "{}"})
    check_refused("max_in_flight", value, ec::wrong_type);
}

TEST_CASE("the signature is standard-v1, standard-v1a or hook0") {
  CHECK(accepted("signature", "\"standard-v1\"").signature == signature_scheme::standard_v1);
  CHECK(accepted("signature", "\"hook0\"").signature == signature_scheme::hook0);
  CHECK(accepted("signature", "\"standard-v1a\"").signature == signature_scheme::standard_v1a);
  for (const auto* value : {"\"\"", "\"none\"", "\"Hook0\"", "\"standard-v1b\""})
    check_refused("signature", value, ec::invalid_value);
  for (const auto* value : {"null", "1", "{}"})
    check_refused("signature", value, ec::wrong_type);
}

TEST_CASE("the body is the payload or an envelope") {
  CHECK(accepted("body", "\"payload\"").body == body_form::payload);
  CHECK(accepted("body", "\"envelope\"").body == body_form::envelope);
  for (const auto* value : {"\"\"", "\"xml\""})
    check_refused("body", value, ec::invalid_value);
  for (const auto* value : {"null", "{}"})
    check_refused("body", value, ec::wrong_type);
}

TEST_CASE("the ordering is parallel or fifo") {
  CHECK(subscription_settings{}.ordering == ordering::parallel);
  CHECK(accepted("ordering", "\"parallel\"").ordering == ordering::parallel);
  const auto in_order = accepted("ordering", "\"fifo\"");
  CHECK(in_order.ordering == ordering::fifo);
  CHECK(accepted(parse_subscription_settings(object_of(text_of(in_order)))).ordering ==
        ordering::fifo);
  for (const auto* value : {"\"\"", "\"sideways\""})
    check_refused("ordering", value, ec::invalid_value);
  for (const auto* value : {"null", "1", "[]"})
    check_refused("ordering", value, ec::wrong_type);
}

TEST_CASE("a rate limit is a whole number of attempts per second") {
  CHECK_FALSE(subscription_settings{}.rate_limit_per_second);
  CHECK(accepted("rate_limit_per_second", "1").rate_limit_per_second == 1U);
  CHECK(accepted("rate_limit_per_second", "10000").rate_limit_per_second ==
        limits::rate_limit_per_second_max);
  for (const auto* value : {"0", "-1", "10001", "1.5"})
    check_refused("rate_limit_per_second", value, ec::invalid_value);
  for (const auto* value : {"null", "\"1\"", "[]"})
    check_refused("rate_limit_per_second", value, ec::wrong_type);
}

TEST_CASE("a circuit breaker takes the defaults for what it leaves out") {
  CHECK(accepted("circuit_breaker", "{}").circuit_breaker == circuit_breaker_settings{});
  const auto all = accepted("circuit_breaker", R"({"enabled":false,"failure_rate":0.25,
      "min_calls":5,"window_ms":30000,"open_ms":2000,"half_open_calls":1})");
  CHECK(all.circuit_breaker == circuit_breaker_settings{.enabled = false,
                                                        .failure_rate = 0.25,
                                                        .min_calls = 5,
                                                        .window = 30s,
                                                        .open = 2s,
                                                        .half_open_calls = 1});
  CHECK(accepted(parse_subscription_settings(object_of(text_of(all)))).circuit_breaker ==
        all.circuit_breaker);
}

TEST_CASE("each field of a circuit breaker is taken at its bounds and refused past them") {
  struct bounds {
    const char* field;
    std::vector<const char*> taken;
    std::vector<const char*> refused;
  };
  const std::vector<bounds> all{
      {"failure_rate", {"0.0001", "1"}, {"0", "-0.5", "1.0001"}},
      {"min_calls", {"1", "10000"}, {"0", "10001", "1.5"}},
      {"window_ms", {"1000", "3600000"}, {"999", "3600001"}},
      {"open_ms", {"1000", "86400000"}, {"999", "86400001"}},
      {"half_open_calls", {"1", "100"}, {"0", "101"}},
  };
  for (const auto& [field, taken, refused] : all) {
    CAPTURE(field);
    for (const auto* value : taken)
      accepted("circuit_breaker", fmt::format(R"({{"{}":{}}})", field, value));
    for (const auto* value : refused)
      check_refused("circuit_breaker", fmt::format(R"({{"{}":{}}})", field, value),
                    ec::invalid_value, fmt::format("/circuit_breaker/{}", field));
    check_refused("circuit_breaker", fmt::format(R"({{"{}":"1"}})", field), ec::wrong_type,
                  fmt::format("/circuit_breaker/{}", field));
  }
  check_refused("circuit_breaker", R"({"enabled":1})", ec::wrong_type, "/circuit_breaker/enabled");
  check_refused("circuit_breaker", R"({"fuse~":1})", ec::unknown_field, "/circuit_breaker/fuse~0");
  for (const auto* value : {"1", "null", "[]", "true"})
    check_refused("circuit_breaker", value, ec::wrong_type);
}

TEST_CASE("a subscription is given up after five days of failure, unless it says otherwise") {
  CHECK(subscription_settings{}.disable_after_failing == 120h);
  CHECK(accepted("disable_after_failing_hours", "0").disable_after_failing == 0h);
  CHECK(accepted("disable_after_failing_hours", "8760").disable_after_failing == 8760h);
  for (const auto* value : {"-1", "8761", "1.5"})
    check_refused("disable_after_failing_hours", value, ec::invalid_value);
  for (const auto* value : {"null", "\"1\"", "[]"})
    check_refused("disable_after_failing_hours", value, ec::wrong_type);
}

TEST_CASE("the first fault is the one that is told") {
  check_refused(parse(R"({"enabled":1,"url":2,"colour":3})"), ec::wrong_type, "/enabled");
}
