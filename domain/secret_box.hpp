#pragma once

#include "domain/error.hpp"

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace talaria::domain {

/// Encrypts what must not be readable to whoever gets hold of the database, a copy or a backup of
/// it: AES-256-GCM, by keys that are kept elsewhere.
///
/// A sealed text is `v1:<key id>:<base64 of nonce, ciphertext and tag>`. It is bound to its owner,
/// so that it does not open when it is moved to another row.
///
/// Pure but for the nonces, which the caller draws. Thread-safe if the source of nonces is.
class secret_box {
public:
  static constexpr std::size_t key_bytes = 32;
  static constexpr std::size_t keys_max = 16;

  /// Fills the span with random bytes. 12 of them repeat within 2^32 seals of one key with a
  /// probability below 2^-32, which is as many as NIST SP 800-38D allows.
  using nonce_source = std::function<void(std::span<unsigned char>)>;

  /// Has no key: leaves texts as they are, and opens nothing.
  secret_box() = default;

  /// @param keys The current one, which seals, and then former ones, which only open. Raw bytes.
  /// @pre 1 to `keys_max` keys of `key_bytes` bytes.
  secret_box(const std::vector<std::string>& keys, nonce_source random);

  /// @returns the text itself if the box has no key.
  std::string seal(std::string_view text, std::string_view owner) const;

  /// @returns `ec::not_found` for a key that the box does not have, with its id in the detail;
  /// `ec::invalid_value` if the text was never sealed, or was damaged, forged, or sealed for
  /// another owner.
  result<std::string> open(std::string_view text, std::string_view owner) const;

  /// The first 8 hexadecimal digits of the SHA-256 of the key that seals; empty if there is none.
  std::string_view current_key_id() const;
  /// Whether a text that was sealed with this key could be opened.
  bool knows(std::string_view key_id) const;

  /// The id of the key that a text is sealed with; empty if it is not sealed.
  static std::string_view key_id_of(std::string_view text);

private:
  struct known_key {
    std::string id;
    std::string bytes;
  };

  std::vector<known_key> keys_;
  nonce_source random_;
};

}  // namespace talaria::domain
