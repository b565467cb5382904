#include "http/api_key.hpp"

#include "http/sha256.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace talaria::http {
namespace {

constexpr std::string_view prefix = "tal_";
constexpr std::size_t lookup_digits = 16;
constexpr std::size_t secret_bytes = 32;
constexpr std::size_t secret_characters = 43;
constexpr std::size_t digest_digits = 8;
constexpr unsigned long long argon_passes = 2;
constexpr std::size_t argon_memory_bytes = 19 * 1024 * 1024;

void start_sodium() {
  static const bool started = sodium_init() >= 0;
  if (!started) {
    throw std::runtime_error("libsodium cannot be initialised");
  }
}

template <std::size_t Size>
std::string to_hexadecimal(const std::array<unsigned char, Size>& bytes) {
  std::string text(Size * 2 + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), bytes.data(), bytes.size());
  text.pop_back();
  return text;
}

bool is_generated(std::string_view key) {
  const std::size_t mark = prefix.size() + lookup_digits;
  if (key.size() != mark + 1 + secret_characters || !key.starts_with(prefix) || key[mark] != '_') {
    return false;
  }
  const std::string_view digits = key.substr(prefix.size(), lookup_digits);
  return std::all_of(digits.begin(), digits.end(), [](char letter) {
    return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'f');
  });
}

}  // namespace

std::string generate_api_key() {
  start_sodium();
  std::array<unsigned char, lookup_digits / 2> lookup{};
  std::array<unsigned char, secret_bytes> secret{};
  randombytes_buf(lookup.data(), lookup.size());
  randombytes_buf(secret.data(), secret.size());
  std::string encoded(secret_characters + 1, '\0');
  sodium_bin2base64(encoded.data(), encoded.size(), secret.data(), secret.size(),
                    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  encoded.pop_back();
  return std::string(prefix) + to_hexadecimal(lookup) + '_' + encoded;
}

std::string api_key_lookup(std::string_view key) {
  if (is_generated(key)) {
    return std::string(key.substr(prefix.size(), lookup_digits));
  }
  const sha256_digest digest = sha256({key});
  std::array<unsigned char, digest_digits / 2> first{};
  std::copy_n(digest.begin(), first.size(), first.begin());
  return "sha256:" + to_hexadecimal(first);
}

std::optional<std::string> api_key_prefix(std::string_view lookup) {
  if (lookup.size() != lookup_digits) {
    return std::nullopt;
  }
  return std::string(prefix).append(lookup);
}

domain::result<std::string> hash_api_key(std::string_view key) {
  const bool printable = std::all_of(key.begin(), key.end(),
                                     [](char letter) { return letter > 0x20 && letter < 0x7f; });
  if (key.size() < api_key_bytes_min || key.size() > api_key_bytes_max || !printable) {
    return domain::fail(domain::ec::invalid_value,
                        "An API key has 16 to 256 printable ASCII characters and no space.");
  }
  start_sodium();
  std::array<char, crypto_pwhash_STRBYTES> hash{};
  if (crypto_pwhash_argon2id_str(hash.data(), key.data(), key.size(), argon_passes,
                                 argon_memory_bytes) != 0) {
    throw std::bad_alloc();
  }
  return std::string(hash.data());
}

bool verify_api_key(std::string_view key, const std::string& hash) {
  start_sodium();
  return crypto_pwhash_argon2id_str_verify(hash.c_str(), key.data(), key.size()) == 0;
}

domain::result<new_api_key> make_api_key() {
  return make_api_key(generate_api_key());
}

domain::result<new_api_key> make_api_key(std::string key) {
  auto hash = hash_api_key(key);
  if (!hash) {
    return tl::unexpected(hash.error());
  }
  std::string lookup = api_key_lookup(key);
  return new_api_key{std::move(key), std::move(lookup), std::move(*hash)};
}

}  // namespace talaria::http
