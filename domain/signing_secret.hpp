#pragma once

#include "domain/error.hpp"
#include "domain/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace talaria::domain {

enum class signature_scheme : std::uint8_t { standard_v1, standard_v1a, hook0 };
std::string_view to_string(signature_scheme scheme);

/// Whether receivers verify with a public key. The key of a symmetric scheme serves the other
/// symmetric ones too, and no asymmetric one.
constexpr bool is_asymmetric(signature_scheme scheme) {
  return scheme == signature_scheme::standard_v1a;
}

/// A signing key, with the time from which on it no longer signs.
struct signing_secret {
  /// Raw bytes: 24 to 64 for a symmetric scheme, an Ed25519 key pair for an asymmetric one.
  std::string key;
  /// Absent: the current secret.
  std::optional<timestamp> expires_at;
};

/// `whsec_` and base64.
std::string secret_to_text(std::string_view key);
result<std::string> parse_secret(std::string_view text);

/// The bytes from which `make_key` makes a key.
inline constexpr std::size_t key_seed_bytes = 32;

/// A key of the scheme: the seed itself, or an Ed25519 key pair, which is the seed followed by its
/// public key. Both are kept, as making the one from the other costs as much as signing.
///
/// @param seed Drawn by the caller. @pre `key_seed_bytes` long
std::string make_key(signature_scheme scheme, std::string_view seed);

/// Reads a secret as a client gives it: `parse_secret`'s for a symmetric scheme; for an asymmetric
/// one `whsk_` and the base64 of an Ed25519 seed, or of the seed followed by its public key.
///
/// @returns `ec::invalid_value`, among others if the public key is another seed's.
result<std::string> parse_key(signature_scheme scheme, std::string_view text);

/// What receivers verify with: `whpk_` and the base64 of the public key of a key pair.
std::string public_key_to_text(std::string_view key_pair);

}  // namespace talaria::domain
