#pragma once

#include "domain/error.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace talaria::http {

/// An operator's own key has at least this many characters.
inline constexpr std::size_t api_key_bytes_min = 16;
inline constexpr std::size_t api_key_bytes_max = 256;

/// `tal_`, 16 hexadecimal digits to find it by, `_`, and 43 characters of base64url: 256 random
/// bits.
std::string generate_api_key();

/// What a key's row is found by; not secret. The digits of a generated key, `sha256:` and eight
/// digits for any other.
std::string api_key_lookup(std::string_view key);

/// With what a generated key begins, by its lookup: to tell keys apart. Absent for others.
std::optional<std::string> api_key_prefix(std::string_view lookup);

/// Argon2id (2 passes over 19 MiB), as text with its salt; takes about 15 ms.
/// @returns `ec::invalid_value` for a key that is too short or too long, or has other than
/// printable ASCII characters.
domain::result<std::string> hash_api_key(std::string_view key);

/// Whether the hash is of this key; takes as long as hashing.
bool verify_api_key(std::string_view key, const std::string& hash);

/// The parts of a new key that the caller stores, and its text, which is shown once.
struct new_api_key {
  std::string key;
  std::string lookup;
  std::string hash;
};
domain::result<new_api_key> make_api_key();

/// As `make_api_key`, for a key that an operator chose.
domain::result<new_api_key> make_api_key(std::string key);

}  // namespace talaria::http
