#pragma once

#include "domain/error.hpp"
#include "domain/time.hpp"
#include "persistence/store.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace talaria::app {

/// Makes, in a store that has none, the organization and the application `default` and an
/// administrator key that is bound to neither.
///
/// @param chosen_key The operator's choice; empty: a key is generated.
/// @returns the key if it was generated now, else empty.
domain::result<std::string> bootstrap(persistence::store& store, const std::string& chosen_key,
                                      domain::timestamp now,
                                      const std::function<std::uint64_t()>& random_bits);

}  // namespace talaria::app
