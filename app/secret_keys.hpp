#pragma once

#include "domain/error.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The keys that seal secrets in the store, as their operator keeps them.
namespace talaria::app {

/// Draws from the system. Thread-safe.
void draw_random_bytes(std::span<unsigned char> into);

/// Raw bytes.
std::string fresh_secret_key();

/// @param texts Each the base64 of a key.
/// @returns their raw bytes, or what is wrong with them, without repeating any.
domain::result<std::vector<std::string>> parse_secret_keys(const std::vector<std::string>& texts);

/// Whether there is a file, of whatever kind, at this path.
bool has_key_file(const std::string& path);

/// Reads a file of keys, one a line. Warns if others than its owner may read it.
domain::result<std::vector<std::string>> read_key_file(const std::string& path);

/// Makes a file of one key that only its owner may read, and forces it to disk.
/// @returns `ec::conflict` if there is a file of that name.
domain::result<void> make_key_file(const std::string& path, std::string_view key);

}  // namespace talaria::app
