#include "domain/signing_secret.hpp"
#include "tests/http/api_fixture.hpp"

#include <doctest/doctest.h>

namespace talaria::http::test {
namespace {

// RFC 8032, section 7.1, tests 1 and 2.
const std::string seed_text = "whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";
const std::string public_key = "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
const std::string second_pair_text =
    "whsk_TM0Imyj/ltqdtsNG7BFOD1uKMZ81q6Yk2oz27U+4pvs9QBfD6EOJWpK3CqdNG368nJgszy7ElozAzVXxKvRmDA==";
const std::string second_public_key = "whpk_PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=";

std::string one(const std::string& id, const std::string& more = {}) {
  return "/api/v1/subscriptions/" + id + more;
}

std::string secret_field(const std::string& text) {
  return R"("secret":")" + text + '"';
}

std::string subscribe_v1a(api_fixture& api, const std::string& secret = {}) {
  return api.subscribe(R"(,"signature":"standard-v1a")" +
                       (secret.empty() ? "" : "," + secret_field(secret)));
}

}  // namespace

TEST_CASE("a standard-v1a subscription shows its public key, and nowhere the private one") {
  api_fixture api;
  const std::string id = subscribe_v1a(api, seed_text);
  const reply shown = api.send("GET", one(id));
  CHECK(text_at(shown, "/signature") == "standard-v1a");
  CHECK(text_at(shown, "/public_key") == public_key);
  const reply secret = api.send("GET", one(id, "/secret"));
  CHECK(secret.body == R"({"public_key":")" + public_key + R"(","previous":[]})");
  CHECK(api.send("GET", "/api/v1/subscriptions").contains(public_key));
}

TEST_CASE("a symmetric subscription has no public key") {
  api_fixture api;
  const std::string id = api.subscribe();
  CHECK_FALSE(api.send("GET", one(id)).contains("public_key"));
  CHECK_FALSE(api.send("GET", one(id, "/secret")).contains("public_key"));
}

TEST_CASE("a standard-v1a subscription that is given no key gets one of its own") {
  api_fixture api;
  const auto key_of = [&] {
    return text_at(api.send("GET", one(subscribe_v1a(api))), "/public_key");
  };
  const std::string key = key_of();
  CHECK(key.starts_with("whpk_"));
  CHECK(key.size() == public_key.size());
  CHECK(key_of() != key);
}

TEST_CASE("a key pair is taken whole, and refused if its halves do not fit") {
  api_fixture api;
  const std::string id = subscribe_v1a(api, second_pair_text);
  CHECK(text_at(api.send("GET", one(id)), "/public_key") == second_public_key);

  std::string torn = second_pair_text;
  torn[torn.size() - 10] = torn[torn.size() - 10] == 'A' ? 'B' : 'A';
  const reply refused = api.send(
      "POST", "/api/v1/subscriptions",
      R"({"url":"https://example.com/","signature":"standard-v1a",)" + secret_field(torn) + "}");
  CHECK(refused.status == 422);
  CHECK(text_at(refused, "/field") == "/secret");
  CHECK_FALSE(refused.contains("TM0Imyj"));
}

TEST_CASE("rotating a key pair shows the new public key, and the former one while it signs") {
  api_fixture api;
  const std::string id = subscribe_v1a(api, seed_text);
  const reply rotated =
      api.send("POST", one(id, "/secret/rotate"), "{" + secret_field(second_pair_text) + "}");
  CHECK(rotated.status == 200);
  CHECK(text_at(rotated, "/public_key") == second_public_key);
  CHECK(text_at(rotated, "/previous/0/public_key") == public_key);
  CHECK(text_at(rotated, "/previous/0/expires_at") != "(nothing there)");
  CHECK_FALSE(rotated.contains("\"secret\""));
  CHECK(json_of(api.send("GET", one(id, "/secret"))) == json_of(rotated));

  const reply made = api.send("POST", one(id, "/secret/rotate"), R"({"overlap_hours":0})");
  CHECK(text_at(made, "/public_key").starts_with("whpk_"));
  CHECK(text_at(made, "/public_key") != second_public_key);
  CHECK(text_at(made, "/previous") == "[]");
}

TEST_CASE("a rotation refuses a key of the other kind with the field named") {
  api_fixture api;
  const std::string symmetric = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  const auto refused = [&](const std::string& id, const std::string& secret) {
    const reply got = api.send("POST", one(id, "/secret/rotate"), "{" + secret_field(secret) + "}");
    return got.status == 422 && text_at(got, "/field") == "/secret";
  };
  CHECK(refused(subscribe_v1a(api), symmetric));
  CHECK(refused(api.subscribe(), seed_text));
}

TEST_CASE("changing between symmetric and asymmetric replaces all secrets by one fresh key") {
  api_fixture api;
  const std::string given = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  const std::string id = api.subscribe("," + secret_field(given));
  CHECK(api.send("POST", one(id, "/secret/rotate")).status == 200);

  const reply asymmetric = api.send("PATCH", one(id), R"({"signature":"standard-v1a"})");
  CHECK(asymmetric.status == 200);
  CHECK(text_at(asymmetric, "/public_key").starts_with("whpk_"));
  const reply key = api.send("GET", one(id, "/secret"));
  CHECK(text_at(key, "/public_key") == text_at(asymmetric, "/public_key"));
  CHECK(text_at(key, "/previous") == "[]");

  CHECK(api.send("PATCH", one(id), R"({"description":"d"})").status == 200);
  CHECK(json_of(api.send("GET", one(id, "/secret"))) == json_of(key));

  CHECK(api.send("PATCH", one(id), R"({"signature":"hook0"})").status == 200);
  const reply back = api.send("GET", one(id, "/secret"));
  CHECK(domain::parse_secret(text_at(back, "/secret")));
  CHECK(text_at(back, "/secret") != given);
  CHECK(text_at(back, "/previous") == "[]");
}

TEST_CASE("changing between symmetric schemes keeps the secrets") {
  api_fixture api;
  const std::string id = api.subscribe();
  CHECK(api.send("POST", one(id, "/secret/rotate")).status == 200);
  const reply before = api.send("GET", one(id, "/secret"));
  CHECK(api.send("PATCH", one(id), R"({"signature":"hook0"})").status == 200);
  CHECK(json_of(api.send("GET", one(id, "/secret"))) == json_of(before));
  CHECK(api.send("PATCH", one(id), R"({"signature":null})").status == 200);
  CHECK(json_of(api.send("GET", one(id, "/secret"))) == json_of(before));
}

}  // namespace talaria::http::test
