#include "domain/signing_secret.hpp"

#include "domain/base64.hpp"
#include "domain/limits.hpp"

#include <sodium.h>

#include <stdexcept>

namespace talaria::domain {

namespace {

constexpr std::string_view secret_prefix = "whsec_";
constexpr std::string_view private_prefix = "whsk_";
constexpr std::string_view public_prefix = "whpk_";

/// Longer than any secret's text; what exceeds it is not decoded.
constexpr std::size_t text_bytes_max = 128;

constexpr std::size_t pair_bytes = crypto_sign_SECRETKEYBYTES;

static_assert(key_seed_bytes == crypto_sign_SEEDBYTES);
static_assert(key_seed_bytes == limits::secret_key_bytes_default);
// A key pair is stored as any secret is.
static_assert(pair_bytes <= limits::secret_key_bytes_max);

/// The bytes after a prefix.
std::optional<std::string> decode(std::string_view text, std::string_view prefix) {
  if (!text.starts_with(prefix) || text.size() > text_bytes_max)
    return std::nullopt;
  return from_base64(text.substr(prefix.size()));
}

std::string key_pair_of(std::string_view seed) {
  std::string pair(pair_bytes, '\0');
  std::string public_key(crypto_sign_PUBLICKEYBYTES, '\0');
  if (seed.size() != key_seed_bytes ||
      crypto_sign_seed_keypair(reinterpret_cast<unsigned char*>(public_key.data()),
                               reinterpret_cast<unsigned char*>(pair.data()),
                               reinterpret_cast<const unsigned char*>(seed.data())) != 0)
    throw std::logic_error("a key pair is made of a seed of 32 bytes");
  return pair;
}

result<std::string> parse_key_pair(std::string_view text) {
  const auto bytes = decode(text, private_prefix);
  if (!bytes || (bytes->size() != key_seed_bytes && bytes->size() != pair_bytes))
    return fail(ec::invalid_value,
                "a secret of standard-v1a is whsk_ and the base64 of an Ed25519 seed of 32 bytes, "
                "alone or followed by its public key");
  auto pair = key_pair_of(std::string_view{*bytes}.substr(0, key_seed_bytes));
  if (bytes->size() == pair_bytes && *bytes != pair)
    return fail(ec::invalid_value, "the public key in the secret is not that of its seed");
  return pair;
}

}  // namespace

std::string secret_to_text(std::string_view key) {
  return std::string{secret_prefix} + to_base64(key);
}

result<std::string> parse_secret(std::string_view text) {
  auto key = decode(text, secret_prefix);
  if (!key || key->size() < limits::secret_key_bytes_min ||
      key->size() > limits::secret_key_bytes_max)
    return fail(ec::invalid_value, "a secret is whsec_ and the base64 of 24 to 64 bytes");
  return *std::move(key);
}

std::string make_key(signature_scheme scheme, std::string_view seed) {
  return is_asymmetric(scheme) ? key_pair_of(seed) : std::string{seed};
}

result<std::string> parse_key(signature_scheme scheme, std::string_view text) {
  return is_asymmetric(scheme) ? parse_key_pair(text) : parse_secret(text);
}

std::string public_key_to_text(std::string_view key_pair) {
  return std::string{public_prefix} + to_base64(key_pair.substr(key_seed_bytes));
}

}  // namespace talaria::domain
