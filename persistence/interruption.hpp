#pragma once

#include "persistence/session.hpp"

#include <cstdint>
#include <functional>

namespace talaria::persistence {

/// Where a store lets itself be interrupted.
enum class store_moment : std::uint8_t {
  transaction,    ///< one is about to begin, on whatever session
  shards_claimed  ///< every shard has its new owner; not yet committed
};

/// Told of each moment on the session's thread; may block. What it returns instead of nothing is
/// the call's answer.
using store_interruption = std::function<result<void>(store_moment)>;

}  // namespace talaria::persistence
