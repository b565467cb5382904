#pragma once

#include "app/configuration.hpp"
#include "domain/error.hpp"
#include "persistence/store.hpp"

#include <cstddef>
#include <memory>
#include <string>

namespace talaria::app {

/// Where the keys are that seal the secrets in the store, unless `secrets.keys` gives them: beside
/// the file of an embedded store, else in the working directory.
std::string secret_key_file(const configuration& settings);

/// Opens a store with the configured keys. If there are none, makes a key file with a fresh one,
/// unless the store holds what another key sealed. Seals what the store holds in plain.
///
/// @param options All but the keys.
/// @returns among others `ec::invalid_value`, with the setting as field, if a key is missing.
domain::result<std::unique_ptr<persistence::store>> open_sealed_store(
    const configuration& settings, persistence::store_options options);

struct reencryption {
  /// The current key's.
  std::string key_id;
  std::size_t resealed = 0;
  /// Those that the key had sealed before.
  std::size_t kept = 0;
  /// Those that somebody has sealed with another key meanwhile.
  std::size_t left = 0;
};

/// Seals the secrets of every subscription with the current key, in the configured store, which
/// may be in use. Makes no key.
domain::result<reencryption> reencrypt_secrets(const configuration& settings);

}  // namespace talaria::app
