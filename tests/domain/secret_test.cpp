#include "domain/limits.hpp"
#include "domain/signing_secret.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <string_view>

using namespace talaria::domain;

namespace {

void check_refused(std::string_view text) {
  CAPTURE(text);
  const auto key = parse_secret(text);
  REQUIRE_FALSE(key);
  CHECK(key.error().code == ec::invalid_value);
}

}  // namespace

TEST_CASE("a secret's text is whsec_ and base64 with padding") {
  CHECK(secret_to_text(std::string(24, '\0')) == "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");

  CHECK(secret_to_text(std::string(25, '\xFF')) == "whsec_" + std::string(33, '/') + "w==");
  CHECK(secret_to_text("") == "whsec_");
}

TEST_CASE("a secret's text reads back as its key, for every length from 24 to 64 bytes (seed 1)") {
  std::mt19937_64 random{1};
  for (auto length = limits::secret_key_bytes_min; length <= limits::secret_key_bytes_max;
       ++length) {
    std::string key(length, '\0');
    std::generate(key.begin(), key.end(), [&] { return static_cast<char>(random()); });
    CAPTURE(length);
    CHECK(parse_secret(secret_to_text(key)) == key);
  }
}

TEST_CASE("a key of zero bytes reads back at every length") {
  for (auto length = limits::secret_key_bytes_min; length <= limits::secret_key_bytes_max;
       ++length) {
    const std::string key(length, '\0');
    CHECK(parse_secret(secret_to_text(key)) == key);
  }
}

TEST_CASE("a key of 23 or of 65 bytes is refused") {
  check_refused(secret_to_text(std::string(limits::secret_key_bytes_min - 1, 'k')));
  check_refused(secret_to_text(std::string(limits::secret_key_bytes_max + 1, 'k')));
}

TEST_CASE("the secret of the Standard Webhooks specification is read") {
  const auto key = parse_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  REQUIRE(key);
  CHECK(key->size() == 24);
  CHECK(secret_to_text(*key) == "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
}

TEST_CASE("a text without the prefix, or with another, is refused") {
  const std::string encoded = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  for (const auto* prefix : {"", "whsec", "whsk_", "WHSEC_", " whsec_", "whsec_whsec_"})
    check_refused(prefix + encoded);
}

TEST_CASE("a text with nothing but the prefix or padding is refused") {
  for (const auto* text : {"", "whsec_", "whsec_=", "whsec_==", "whsec_===", "whsec_====",
                           "whsec_========", "whsec_    ", "whsec_   ="})
    check_refused(text);
}

TEST_CASE("base64 that is cut, spaced, of the URL alphabet or wrongly padded is refused") {
  const std::string good = secret_to_text(std::string(25, 'k'));  // ends in "=="
  REQUIRE(good.ends_with("=="));
  check_refused(good.substr(0, good.size() - 1));
  check_refused(good.substr(0, good.size() - 2));
  check_refused(good + "=");
  check_refused(good + "====");
  check_refused(good + "\n");
  check_refused(good + "   \n");
  check_refused("whsec_    MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  check_refused("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS-");
  check_refused("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS_");
  check_refused("whsec_MfKQ9r8GKYqrTwjU====PD8ILPZIo2LaLaSw");
  check_refused("whsec_MfKQ9r8GKYqr TwjUPD8ILPZIo2LaLaS");
}

TEST_CASE("base64 whose unused bits are not zero is refused: a key has one text") {
  auto text = secret_to_text(std::string(25, '\0'));
  text[text.size() - 3] = 'B';
  check_refused(text);
}

TEST_CASE("a text with a NUL in it is refused") {
  std::string text = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  text[20] = '\0';
  check_refused(text);
}

TEST_CASE("a text of any length is refused without decoding it") {
  check_refused("whsec_" + std::string(1'000'000, 'A'));
}

TEST_CASE("the detail of a refused secret does not repeat it") {
  const auto key = parse_secret("whsec_hunter2hunter2");
  REQUIRE_FALSE(key);
  CHECK(key.error().detail.find("hunter2") == std::string::npos);
}
