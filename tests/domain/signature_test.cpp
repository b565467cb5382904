#include "domain/signature.hpp"

#include "domain/limits.hpp"
#include "domain/signing_secret.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

using namespace talaria::domain;
using namespace std::chrono_literals;
using namespace std::string_view_literals;

namespace {

constexpr std::string_view webhook_id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
constexpr std::string_view body = R"({"test": 2432232314})";
constexpr timestamp now{1'614'265'330s};

// Expected values were computed with Python's hmac.
constexpr std::string_view specification_signature =
    "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
constexpr std::string_view other_signature = "v1,O4Gjv1HqPqsMrjmczoggs/sWA8gZD0VyHG+fLh4+ktI=";

signing_secret specification_secret() {
  return {.key = *parse_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), .expires_at = {}};
}

signing_secret other_secret() {
  return {.key = *parse_secret("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="),
          .expires_at = {}};
}

signing_secret until(signing_secret secret, timestamp expiry) {
  secret.expires_at = expiry;
  return secret;
}

}  // namespace

TEST_CASE("the example of the Standard Webhooks specification is signed as it says") {
  CHECK(sign_standard_v1({specification_secret()}, webhook_id, body, now) ==
        specification_signature);
}

TEST_CASE("an empty body is signed") {
  CHECK(sign_standard_v1({specification_secret()}, webhook_id, "", now) ==
        "v1,v48jdbgvh29KJz2Qc+ghw8G6vG3nAKnujWBg8oM/62A=");
}

TEST_CASE("a body with NULs and with bytes beyond ASCII is signed to its end") {
  CHECK(sign_standard_v1({specification_secret()}, "019b0000-0000-7000-8000-000000000000",
                         "{\"nul\":\"\0\",\"u\":\"\xC3\xA9\"}"sv, timestamp{1'767'225'600s}) ==
        "v1,I674cxkgjN5wKOOQeLex4DAq9YFs330bul96LRb15jY=");
}

TEST_CASE("a body of 64 KiB is signed with a key of 64 bytes at the start of time") {
  const signing_secret secret{.key = std::string(limits::secret_key_bytes_max, '\xAB'),
                              .expires_at = {}};
  CHECK(sign_standard_v1({secret}, "id", std::string(65536, 'x'), timestamp{}) ==
        "v1,XyHe3HhjZWT1e3EdaQwSbKDvuOXN62JfggXAdAQ63D8=");
}

TEST_CASE("fractions of a second do not change the signature, the next second does") {
  const auto sign_at = [](timestamp time) {
    return sign_standard_v1({specification_secret()}, webhook_id, body, time);
  };
  CHECK(sign_at(now + 999'999us) == specification_signature);
  CHECK(sign_at(now + 1s) != specification_signature);
  CHECK(sign_at(now - 1us) != specification_signature);
}

TEST_CASE("another id or another body has another signature") {
  const std::vector secrets{specification_secret()};
  CHECK(sign_standard_v1(secrets, "msg_p5jXN8AQM9LWM0D4loKWxJel", body, now) !=
        specification_signature);
  CHECK(sign_standard_v1(secrets, webhook_id, R"({"test": 2432232315})", now) !=
        specification_signature);
}

TEST_CASE("every secret signs during a rotation, in their order") {
  CHECK(sign_standard_v1({other_secret(), until(specification_secret(), now + 24h)}, webhook_id,
                         body, now) ==
        std::string{other_signature} + " " + std::string{specification_signature});
}

TEST_CASE("a secret signs up to the microsecond before it expires") {
  const auto old_until = [](timestamp expiry) {
    return sign_standard_v1({other_secret(), until(specification_secret(), expiry)}, webhook_id,
                            body, now);
  };
  CHECK(old_until(now + 1us) ==
        std::string{other_signature} + " " + std::string{specification_signature});
  CHECK(old_until(now) == other_signature);
  CHECK(old_until(now - 1us) == other_signature);
}

TEST_CASE("expired secrets leave no space behind, wherever they stand") {
  CHECK(sign_standard_v1(
            {until(other_secret(), now), specification_secret(), until(other_secret(), now - 1h)},
            webhook_id, body, now) == specification_signature);
}

TEST_CASE("without a secret that signs there is no signature") {
  CHECK(sign_standard_v1({}, webhook_id, body, now).empty());
  CHECK(sign_standard_v1({until(other_secret(), now)}, webhook_id, body, now).empty());
}

TEST_CASE("one signature does not leak into the next, whatever was signed before") {
  CHECK(sign_standard_v1({other_secret()}, "another", std::string(5000, 'y'), now + 1h) !=
        other_signature);
  CHECK(sign_hook0({other_secret()}, "between") != "");
  CHECK(sign_standard_v1({specification_secret()}, webhook_id, body, now) ==
        specification_signature);
}

TEST_CASE("threads sign side by side") {
  constexpr int threads = 4;
  std::vector<int> wrong(threads, 0);
  {
    std::vector<std::jthread> running;
    for (int i = 0; i < threads; ++i) {
      running.emplace_back([&wrong, i] {
        for (int round = 0; round < 200; ++round) {
          const auto secret = i % 2 == 0 ? specification_secret() : other_secret();
          const auto expected = i % 2 == 0 ? specification_signature : other_signature;
          if (sign_standard_v1({secret}, webhook_id, body, now) != expected)
            ++wrong[static_cast<std::size_t>(i)];
        }
      });
    }
  }
  CHECK(std::accumulate(wrong.begin(), wrong.end(), 0) == 0);
}

TEST_CASE("the Hook0 signature is the body's HMAC in lower-case hexadecimal") {
  CHECK(sign_hook0({specification_secret()}, body) ==
        "sha256=e2cb4f5251572539d458bfb8a7adb533b08801e6a794467e06f771debbb0818b");
  CHECK(sign_hook0({specification_secret()}, "") ==
        "sha256=fd9de8dedd17b98b1f3d0def84ae1d8bf94dbfc3c77dbaf0c510fe56e7be79e6");
}

TEST_CASE("the Hook0 signature is the HMAC of RFC 4231, test case 2") {
  CHECK(sign_hook0({{.key = "Jefe", .expires_at = {}}}, "what do ya want for nothing?") ==
        "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST_CASE("the Hook0 signature is made with the current secret alone") {
  CHECK(sign_hook0({specification_secret(), until(other_secret(), now + 24h)}, body) ==
        sign_hook0({specification_secret()}, body));
}
