#include "domain/secret_box.hpp"

#include "domain/base64.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace talaria::domain;

namespace {

constexpr std::string_view owner = "019b0000-0000-7000-8000-000000000000";
constexpr std::string_view text = R"([{"key":"whsec_hunter2hunter2"}])";

std::string key_of(char byte) {
  return std::string(secret_box::key_bytes, byte);
}

void fill_with_zeros(std::span<unsigned char> nonce) {
  std::ranges::fill(nonce, static_cast<unsigned char>(0));
}

secret_box box_of(const std::vector<std::string>& keys) {
  return secret_box{keys, fill_with_zeros};
}

ec refusal(const secret_box& box, std::string_view sealed, std::string_view of = owner) {
  const auto opened = box.open(sealed, of);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().detail.find("hunter2") == std::string::npos);
  return opened.error().code;
}

}  // namespace

TEST_CASE("the ciphertext and the tag are those of NIST's GCM, test cases 13 and 14") {
  const auto box = box_of({std::string(32, '\0')});
  const auto body = [&](std::string_view plain) {
    const auto sealed = box.seal(plain, "");
    return from_base64(sealed.substr(sealed.rfind(':') + 1)).value().substr(12);
  };
  CHECK(to_base64(body("")) == "Uw+K+8dFNrmpY7TxxMtziw==");
  CHECK(to_base64(body(std::string(16, '\0'))) == "zqdAPU1ga24HTsXTuvOdGNDRyKeZmWvwJluYtdSKuRk=");
}

TEST_CASE("a sealed text names its format and the key, by the start of its SHA-256") {
  const auto box = box_of({std::string(32, '\0')});
  // sha256 of 32 zero bytes.
  CHECK(box.current_key_id() == "66687aad");
  CHECK(box.seal(text, owner).starts_with("v1:66687aad:"));
  CHECK(secret_box::key_id_of(box.seal(text, owner)) == "66687aad");
}

TEST_CASE("what was sealed opens again, whatever its length, and does not show") {
  const auto box = box_of({key_of('k')});
  for (const std::size_t length : {0, 1, 15, 16, 17, 4096}) {
    const std::string plain(length, 'p');
    CHECK(box.open(box.seal(plain, owner), owner) == plain);
  }
  CHECK(box.seal(text, owner).find("hunter2") == std::string::npos);
}

TEST_CASE("a nonce is asked for each text, and differs as the source says") {
  const auto drawn = std::make_shared<unsigned char>();
  const secret_box box{{key_of('k')}, [drawn](std::span<unsigned char> nonce) {
                         CHECK(nonce.size() == 12);
                         std::ranges::fill(nonce, ++*drawn);
                       }};
  const auto first = box.seal(text, owner);
  const auto second = box.seal(text, owner);
  CHECK(first != second);
  CHECK(box.open(first, owner) == text);
  CHECK(box.open(second, owner) == text);
}

TEST_CASE("the first key seals, and every key opens") {
  const auto former = box_of({key_of('a')});
  const auto box = box_of({key_of('b'), key_of('a')});
  const auto old = former.seal(text, owner);
  CHECK(box.open(old, owner) == text);
  CHECK(box.knows(former.current_key_id()));
  CHECK(secret_box::key_id_of(box.seal(text, owner)) == box.current_key_id());
  CHECK(box.current_key_id() == box_of({key_of('b')}).current_key_id());
}

TEST_CASE("a key that is not at hand is named") {
  const auto former = box_of({key_of('a')});
  const auto box = box_of({key_of('b')});
  const auto sealed = former.seal(text, owner);
  CHECK(refusal(box, sealed) == ec::not_found);
  CHECK(box.open(sealed, owner).error().detail.find(former.current_key_id()) != std::string::npos);
  CHECK_FALSE(box.knows(former.current_key_id()));
}

TEST_CASE("a text that was sealed for another owner does not open") {
  const auto box = box_of({key_of('k')});
  const auto sealed = box.seal(text, owner);
  CHECK(refusal(box, sealed, "019b0000-0000-7000-8000-000000000001") == ec::invalid_value);
  CHECK(refusal(box, sealed, "") == ec::invalid_value);
}

TEST_CASE("a short sealed text with any one bit flipped is refused") {
  const auto box = box_of({key_of('k')});
  const auto sealed = box.seal("hunter2", owner);
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    auto flipped = sealed;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    CAPTURE(bit);
    refusal(box, flipped);
  }
}

TEST_CASE("nonce, ciphertext and tag with any one bit flipped are refused as damaged") {
  const auto box = box_of({key_of('k')});
  const auto sealed = box.seal("hunter2", owner);
  const auto start = sealed.rfind(':') + 1;
  auto bytes = from_base64(sealed.substr(start)).value();
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    auto flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    CAPTURE(bit);
    CHECK(refusal(box, sealed.substr(0, start) + to_base64(flipped)) == ec::invalid_value);
  }
}

TEST_CASE("a text that is cut anywhere, or has something behind it, is refused") {
  const auto box = box_of({key_of('k')});
  const auto sealed = box.seal("hunter2", owner);
  for (std::size_t length = 0; length < sealed.size(); ++length)
    refusal(box, sealed.substr(0, length));
  for (const auto* more : {"A", "=", "AAAA", "\n", " "})
    refusal(box, sealed + more);
}

TEST_CASE("a text that was never sealed is refused") {
  const auto box = box_of({key_of('k')});
  for (const auto* plain : {"", "[]", "v1", "v1:", "v2:00000000:", "hunter2"})
    CHECK(refusal(box, plain) == ec::invalid_value);
}

TEST_CASE("a box without a key leaves texts as they are, and opens nothing") {
  const secret_box none;
  CHECK(none.seal(text, owner) == text);
  CHECK(none.current_key_id().empty());
  CHECK(secret_box::key_id_of(none.seal(text, owner)).empty());
  CHECK(refusal(none, box_of({key_of('k')}).seal(text, owner)) == ec::not_found);
}

TEST_CASE("a box has 1 to 16 keys of 32 bytes") {
  CHECK_THROWS_AS(box_of({}), std::logic_error);
  CHECK_NOTHROW(box_of(std::vector(secret_box::keys_max, key_of('k'))));
  CHECK_THROWS_AS(box_of(std::vector(secret_box::keys_max + 1, key_of('k'))), std::logic_error);
  for (const std::size_t length : {0, 16, 31, 33})
    CHECK_THROWS_AS(box_of({std::string(length, 'k')}), std::logic_error);
}

TEST_CASE("threads seal and open side by side") {
  const auto box = box_of({key_of('k')});
  std::vector<int> wrong(4, 0);
  {
    std::vector<std::jthread> running;
    for (auto& count : wrong) {
      running.emplace_back([&] {
        for (int round = 0; round < 500; ++round)
          count += box.open(box.seal(text, owner), owner) == text ? 0 : 1;
      });
    }
  }
  CHECK(wrong == std::vector<int>(4, 0));
}
