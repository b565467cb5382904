#include "domain/base64.hpp"
#include "domain/limits.hpp"
#include "domain/signature.hpp"
#include "domain/signing_secret.hpp"

#include <doctest/doctest.h>
#include <openssl/evp.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

using namespace talaria::domain;
using namespace std::chrono_literals;
using namespace std::string_view_literals;

namespace {

constexpr auto v1a = signature_scheme::standard_v1a;
constexpr std::string_view webhook_id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
constexpr std::string_view body = R"({"test": 2432232314})";
constexpr timestamp now{1'614'265'330s};

// Svix's published example, of its test_asymmetric_key_signing.
constexpr std::string_view svix_pair =
    "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==";
constexpr std::string_view svix_signature =
    "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==";

// RFC 8032, section 7.1, test 1.
constexpr std::string_view rfc_seed = "whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";
/// Computed with Python's cryptography.
constexpr std::string_view rfc_signature =
    "v1a,fldxM4gAKugP6nnt1hdz3sgGfZ6d99nzrMFnZOELIxbzEHoVmAb2ADpkJK7zgPePmPsle0zV9jSeGlHFG2NVAw==";

signing_secret secret_of(std::string_view text, std::optional<timestamp> expiry = {}) {
  return {.key = parse_key(v1a, text).value(), .expires_at = expiry};
}

void check_refused(std::string_view text) {
  CAPTURE(text);
  const auto key = parse_key(v1a, text);
  REQUIRE_FALSE(key);
  CHECK(key.error().code == ec::invalid_value);
}

const unsigned char* bytes_of(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

/// As a receiver does, with a library that is not the one that signed.
bool verify(std::string_view public_key_text, const std::string& message,
            std::string_view signature_text) {
  const auto key = from_base64(public_key_text.substr(std::string_view{"whpk_"}.size())).value();
  const auto signature =
      from_base64(signature_text.substr(std::string_view{"v1a,"}.size())).value();
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> public_key{
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(key), key.size()),
      &EVP_PKEY_free};
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(),
                                                                        &EVP_MD_CTX_free};
  REQUIRE(EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, public_key.get()) == 1);
  return EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(message),
                          message.size()) == 1;
}

}  // namespace

TEST_CASE("the public keys are those of RFC 8032, section 7.1") {
  const auto public_key = [](std::string_view seed) {
    return public_key_to_text(parse_key(v1a, seed).value());
  };
  CHECK(public_key(rfc_seed) == "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
  CHECK(public_key("whsk_TM0Imyj/ltqdtsNG7BFOD1uKMZ81q6Yk2oz27U+4pvs=") ==
        "whpk_PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=");
  CHECK(public_key("whsk_xaqN9D+fg3vtt0QvMdy3sWbThTUHbwlLhc46LgtEWPc=") ==
        "whpk_/FHNjmIYoaONpH7QAjDwWAgW7RO6MwOsXeuRFUiQgCU=");
}

TEST_CASE("a seed and the whole pair are the same key") {
  const auto pair = parse_key(v1a, svix_pair).value();
  const auto seed = "whsk_" + to_base64(pair.substr(0, key_seed_bytes));
  CHECK(parse_key(v1a, seed) == pair);
  CHECK(make_key(v1a, pair.substr(0, key_seed_bytes)) == pair);
  CHECK(public_key_to_text(pair) == "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=");
}

TEST_CASE("a key pair with any one bit flipped is refused: its halves no longer fit") {
  const auto pair = parse_key(v1a, svix_pair).value();
  for (std::size_t bit = 0; bit < pair.size() * 8; ++bit) {
    auto torn = pair;
    torn[bit / 8] = static_cast<char>(torn[bit / 8] ^ (1 << (bit % 8)));
    check_refused("whsk_" + to_base64(torn));
  }
}

TEST_CASE("a key pair has 32 or 64 bytes") {
  for (const std::size_t length : {0, 24, 31, 33, 63, 65})
    check_refused("whsk_" + to_base64(std::string(length, 'k')));
  CHECK(parse_key(v1a, "whsk_" + to_base64(std::string(32, 'k'))));
}

TEST_CASE("a key of the other kind is refused, by either kind of scheme") {
  check_refused("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  check_refused("whsec_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=");
  check_refused("whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
  check_refused("");
  for (const auto scheme : {signature_scheme::standard_v1, signature_scheme::hook0}) {
    CHECK_FALSE(parse_key(scheme, rfc_seed));
    CHECK(parse_key(scheme, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
  }
}

TEST_CASE("the detail of a refused private key does not repeat it") {
  for (const auto* text : {"whsk_hunter2hunter2", "whsec_hunter2hunter2"})
    CHECK(parse_key(v1a, text).error().detail.find("hunter2") == std::string::npos);
}

TEST_CASE("a symmetric key is its seed, and a seed of another length makes no pair") {
  const std::string seed(key_seed_bytes, 's');
  CHECK(make_key(signature_scheme::standard_v1, seed) == seed);
  CHECK(make_key(signature_scheme::hook0, seed) == seed);
  CHECK_THROWS_AS(make_key(v1a, seed + 's'), std::logic_error);
  CHECK_THROWS_AS(make_key(v1a, seed.substr(1)), std::logic_error);
}

TEST_CASE("the asymmetric example of Svix is signed as it says") {
  CHECK(sign_standard_v1a({secret_of(svix_pair)}, webhook_id, body, now) == svix_signature);
}

TEST_CASE("bodies that are empty, binary or of 64 KiB are signed to their end") {
  const std::vector secrets{secret_of(svix_pair)};
  CHECK(sign_standard_v1a(secrets, webhook_id, "", now) ==
        "v1a,B7QTtBWn3FCmEgaIAxfHcTQsVTvrObbZrn2ZpDIJT+"
        "aUREdLmLcUDsy+BgzSHOSWZ5c+W5sPYk5UnuCxv79UCQ==");
  CHECK(sign_standard_v1a(secrets, "019b0000-0000-7000-8000-000000000000",
                          "{\"nul\":\"\0\",\"u\":\"\xC3\xA9\"}"sv, timestamp{1'767'225'600s}) ==
        "v1a,5VU4Ln2aU6ICCOSqiHCrDiAoftiZjnBe4X6hKoka64LF9dyL0lGNJuE8Ifyw0GzfnJLm/"
        "dkdZ5dk29+fB+FRBw==");
  CHECK(sign_standard_v1a(secrets, "id", std::string(65536, 'x'), timestamp{}) ==
        "v1a,MYWKd1k8IG/6cViQW4YNHE/6YuP7JktIQIptUbQH2lAkhuawxHK+VV5hzsRv6KPK2YMohQKUwq2/"
        "aekt9UxQDw==");
}

TEST_CASE("whoever has the public key verifies the signature, and of nothing else") {
  const auto secret = secret_of(rfc_seed);
  const auto public_key = public_key_to_text(secret.key);
  const auto signature = sign_standard_v1a({secret}, webhook_id, body, now);
  const auto message = std::string{webhook_id} + ".1614265330." + std::string{body};
  CHECK(signature == rfc_signature);
  CHECK(verify(public_key, message, signature));
  CHECK_FALSE(verify(public_key, message + " ", signature));
  CHECK_FALSE(verify(public_key_to_text(secret_of(svix_pair).key), message, signature));
}

TEST_CASE("every key pair signs during a rotation, up to the microsecond before it expires") {
  const auto sign_until = [](timestamp expiry) {
    return sign_standard_v1a({secret_of(rfc_seed), secret_of(svix_pair, expiry)}, webhook_id, body,
                             now);
  };
  CHECK(sign_until(now + 1us) == std::string{rfc_signature} + " " + std::string{svix_signature});
  CHECK(sign_until(now) == rfc_signature);
}

TEST_CASE("a symmetric key makes no asymmetric signature") {
  for (const std::size_t length : {24, 32, 63})
    CHECK_THROWS_AS(
        sign_standard_v1a({{.key = std::string(length, 'k'), .expires_at = {}}}, "id", "", now),
        std::logic_error);
}
