#pragma once

#include "app/configuration.hpp"

#include <ostream>

namespace talaria::app {

/// Prints a fresh key, as `secrets.keys` and the lines of `secrets.key_file` have it.
/// @returns the process's exit code, as the other one does.
int run_generate_key(std::ostream& out);

/// Seals every secret in the store with the current key, and prints how many there were. May run
/// beside servers that know all keys.
/// @returns 0 if nothing in the store needs another key any more.
int run_reencrypt(const configuration& settings, std::ostream& out, std::ostream& complaints);

}  // namespace talaria::app
