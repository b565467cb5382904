#include "http/api_key.hpp"
#include "http/authenticator.hpp"
#include "http/fresh_id.hpp"
#include "tests/http/api_fixture.hpp"

#include <doctest/doctest.h>

#include <set>

namespace talaria::http::test {
namespace {

constexpr std::string_view read_path = "/api/v1/subscriptions";

api_fixture_options with_scopes(std::uint8_t scopes) {
  api_fixture_options options;
  options.key.scopes = scopes;
  return options;
}

std::uint8_t bits(domain::scope scope) {
  return static_cast<std::uint8_t>(scope);
}

}  // namespace

TEST_CASE("a key is taken from either header, and both if they agree") {
  api_fixture api;
  const auto status_with = [&](const std::string& headers) {
    return api.send_without_key("GET", read_path, headers).status;
  };
  const std::string bearer = "Authorization: Bearer " + test_key() + "\r\n";
  const std::string plain = "X-API-Key: " + test_key() + "\r\n";
  CHECK(status_with(bearer) == 200);
  CHECK(status_with(plain) == 200);
  CHECK(status_with(bearer + plain) == 200);
  CHECK(status_with("authorization: bearer  " + test_key() + "\r\n") == 200);
  CHECK(status_with(bearer + bearer) == 400);
  CHECK(status_with(plain + plain) == 400);
  CHECK(status_with(bearer + "X-API-Key: another key of some length\r\n") == 400);
  CHECK(status_with("Authorization: Basic dTpw\r\n" + plain) == 400);
}

TEST_CASE("no key, a wrong scheme and an unknown or wrong key are all answered 401 alike") {
  api_fixture api;
  std::string wrong = test_key();
  wrong.back() = wrong.back() == 'A' ? 'B' : 'A';
  const auto answer = [&](const std::string& headers) {
    const reply got = api.send_without_key("GET", read_path, headers);
    CHECK(got.status == 401);
    CHECK(got.header("www-authenticate") == "Bearer");
    return text_at(got, "/detail");
  };
  answer("");
  answer("Authorization: Basic dTpw\r\n");
  answer("Authorization: Bearer\r\n");
  answer("Authorization: Bearer \r\n");
  const std::string unknown = answer("X-API-Key: " + generate_api_key() + "\r\n");
  CHECK(answer("X-API-Key: " + wrong + "\r\n") == unknown);
  CHECK(answer("X-API-Key: short\r\n") == unknown);
  CHECK(answer("X-API-Key: " + std::string(257, 'k') + "\r\n") == unknown);
  CHECK(api.send("GET", read_path).status == 200);
}

TEST_CASE("each scope opens what it is for") {
  struct scope_case {
    std::uint8_t scopes;
    int ingest;
    int read;
    int manage;
    int admin;
  };
  for (const scope_case& tried : {scope_case{0, 403, 403, 403, 403},
                                  scope_case{bits(domain::scope::ingest), 202, 403, 403, 403},
                                  scope_case{bits(domain::scope::read), 403, 200, 403, 403},
                                  scope_case{bits(domain::scope::manage), 403, 200, 201, 403},
                                  scope_case{bits(domain::scope::admin), 202, 200, 201, 200}}) {
    CAPTURE(static_cast<int>(tried.scopes));
    api_fixture api(with_scopes(tried.scopes));
    CHECK(api.send("POST", "/api/v1/events", R"({"type":"a","payload":1})").status == tried.ingest);
    CHECK(api.send("GET", read_path).status == tried.read);
    CHECK(api.send("POST", read_path, R"({"url":"https://example.com/"})").status == tried.manage);
    CHECK(api.send("GET", "/api/v1/actors").status == tried.admin);
  }
}

TEST_CASE("an expired key is answered 401, also when it expires while it is remembered") {
  api_fixture_options options;
  options.key.expires_at = system_time() + std::chrono::hours(1);
  api_fixture api(options);
  CHECK(api.send("GET", read_path).status == 200);
  api.clock_offset_s = 3601;
  CHECK(api.send("GET", read_path).status == 401);
}

TEST_CASE("a key is looked up again when it was remembered long enough") {
  api_fixture_options options;
  options.authentication.remembered_max = 1;
  api_fixture api(options);
  CHECK(api.send("GET", read_path).status == 200);
  api.clock_offset_s = 301;
  CHECK(api.send("GET", read_path).status == 200);
  const std::string unknown = "X-API-Key: " + generate_api_key() + "\r\n";
  const std::string other = "X-API-Key: " + generate_api_key() + "\r\n";
  for (int times = 0; times < 2; ++times) {
    CHECK(api.send_without_key("GET", read_path, unknown).status == 401);
    CHECK(api.send_without_key("GET", read_path, other).status == 401);
  }
}

TEST_CASE("operating endpoints that probes ask need no key") {
  api_fixture api;
  for (const char* path : {"/health/live", "/health/ready", "/metrics", "/openapi.json"}) {
    CHECK(api.send_without_key("GET", path).status == 200);
  }
}

TEST_CASE("generated keys have their form and are all different") {
  std::set<std::string> keys;
  for (int count = 0; count < 10; ++count) {
    const std::string key = generate_api_key();
    CHECK(key.size() == 64);
    CHECK(key.starts_with("tal_"));
    CHECK(api_key_lookup(key) == key.substr(4, 16));
    keys.insert(key);
  }
  CHECK(keys.size() == 10);
}

TEST_CASE("other keys are looked up by a part of their hash") {
  CHECK(api_key_lookup("operator's own key") == api_key_lookup("operator's own key"));
  CHECK(api_key_lookup("abc") == "sha256:ba7816bf");
  std::string nearly = generate_api_key();
  nearly[5] = 'X';
  CHECK(api_key_lookup(nearly).starts_with("sha256:"));
}

TEST_CASE("a key of an operator has 16 to 256 printable characters") {
  CHECK(make_api_key(std::string(16, 'k')).has_value());
  CHECK(make_api_key(std::string(256, 'k')).has_value());
  CHECK_FALSE(make_api_key(std::string(15, 'k')).has_value());
  CHECK_FALSE(make_api_key(std::string(257, 'k')).has_value());
  CHECK_FALSE(make_api_key("sixteen with space").has_value());
}

TEST_CASE("a hash is of its key only") {
  const new_api_key made = make_api_key().value();
  CHECK(verify_api_key(made.key, made.hash));
  CHECK_FALSE(verify_api_key(made.key + "x", made.hash));
  CHECK_FALSE(verify_api_key(made.key, "no hash"));
}

}  // namespace talaria::http::test
