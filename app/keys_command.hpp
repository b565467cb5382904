#pragma once

#include "app/configuration.hpp"
#include "domain/error.hpp"

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

namespace talaria::app {

/// What `talaria keys` was asked for.
struct key_request {
  std::string name;
  std::vector<std::string> scopes;
  /// By name.
  std::string organization = "default";
  /// By name; empty: the key is bound to none.
  std::string application;
  /// 0: it does not expire.
  std::uint32_t expires_in_days = 0;
  /// Of the key to revoke.
  std::string id;
};

/// These work on the store itself, so they help whoever has lost the last key. A server that runs
/// meanwhile knows of it within five seconds. Each says what is wrong on `complaints`.
/// @returns the exit code.
int run_create_key(const configuration& settings, const key_request& wanted, std::ostream& out,
                   std::ostream& complaints);
int run_list_keys(const configuration& settings, const key_request& wanted, std::ostream& out,
                  std::ostream& complaints);
int run_revoke_key(const configuration& settings, const key_request& wanted, std::ostream& out,
                   std::ostream& complaints);

}  // namespace talaria::app
