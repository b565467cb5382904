#include "tests/domain/subscription_json.hpp"

#include <string>
#include <utility>
#include <vector>

using namespace talaria::domain;
using namespace talaria::domain::test;

namespace {

using header_list = std::vector<std::pair<std::string, std::string>>;

std::string header(std::string_view name, std::string_view value = "x") {
  return fmt::format(R"({{"{}":"{}"}})", name, value);
}

}  // namespace

TEST_CASE("a subscription's headers keep their order, their case and their values") {
  CHECK(
      accepted("headers", R"({"X-Zone":"b","Authorization":"Bearer a b","x-zone":"","A":"\t~"})")
          .headers ==
      header_list{{"X-Zone", "b"}, {"Authorization", "Bearer a b"}, {"x-zone", ""}, {"A", "\t~"}});
  CHECK(accepted("headers", "{}").headers.empty());
}

TEST_CASE("headers of another type are refused") {
  for (const auto* value : {"null", "[]", "\"A: b\"", "1"})
    check_refused("headers", value, ec::wrong_type);
  for (const auto* value : {"1", "null", "[\"x\"]", "{}", "true"})
    check_refused("headers", fmt::format(R"({{"X-A":{}}})", value), ec::wrong_type, "/headers/X-A");
}

TEST_CASE("every character of an HTTP token may be in a header's name") {
  CHECK(accepted("headers", header("!#$%&'*+-.^_`|~09azAZ")).headers.size() == 1);
}

TEST_CASE("a header's name that is no HTTP token is refused") {
  for (const auto* name : {"", " ", "X A", "X:A", "X-A:", " X", "X,A", "(X)", "X;", "X=A", "X@A",
                           "[X]", "{X}", "X\\\\", "X\\\"", "X\\n", "X\\u0000", "caf\xC3\xA9"}) {
    CAPTURE(name);
    const auto text = with_url("headers", header(name));
    const auto parsed = parse_subscription_settings(object_of(text));
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code == ec::invalid_value);
  }
}

TEST_CASE("the pointer to a header escapes its name") {
  check_refused("headers", R"({"a~b":1})", ec::wrong_type, "/headers/a~0b");
  check_refused("headers", header("a/b"), ec::invalid_value, "/headers/a~1b");
}

TEST_CASE("a header's value with a control character other than a tab is refused") {
  for (const auto* value : {"a\\nb", "a\\rb", "a\\r\\nX-B: c", "\\u0000", "\\u001f", "\\u007f"})
    check_refused("headers", header("X-A", value), ec::invalid_value, "/headers/X-A");
  CHECK(accepted("headers", header("X-A", "caf\xC3\xA9 \\t ~")).headers.size() == 1);
}

TEST_CASE("a header that Talaria or HTTP itself sets is refused, in any case") {
  for (const auto* name : {"host", "Host", "content-length", "Content-Type", "TRANSFER-ENCODING",
                           "connection", "keep-alive", "upgrade", "expect", "te", "trailer",
                           "user-agent", "traceparent", "proxy-connection", "Tracestate",
                           "webhook-id", "Webhook-Signature", "webhook-", "Hook0-Event-Id"})
    check_refused("headers", header(name), ec::invalid_value, fmt::format("/headers/{}", name));
}

TEST_CASE("a header whose name only resembles a reserved one is accepted") {
  for (const auto* name : {"x-host", "webhook", "x-webhook-id", "hook0", "content", "accept"})
    CHECK(accepted("headers", header(name)).headers.size() == 1);
}

TEST_CASE("a subscription has at most 32 headers") {
  const auto headers = [](std::size_t count) {
    std::string text = "{";
    for (std::size_t i = 0; i < count; ++i)
      text += fmt::format(R"({}"X-{}":"v")", i == 0 ? "" : ",", i);
    return text + "}";
  };
  CHECK(accepted("headers", headers(limits::custom_headers_max)).headers.size() ==
        limits::custom_headers_max);
  check_refused("headers", headers(limits::custom_headers_max + 1), ec::invalid_value);
}

TEST_CASE("a header's name and value have at most 4096 bytes together") {
  const auto of_bytes = [](std::size_t bytes) {
    return header("X-A", std::string(bytes - 3, 'v'));
  };
  CHECK(accepted("headers", of_bytes(limits::custom_header_bytes_max)).headers.size() == 1);
  check_refused("headers", of_bytes(limits::custom_header_bytes_max + 1), ec::too_large,
                "/headers/X-A");
}
