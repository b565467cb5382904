#pragma once

#include "domain/error.hpp"

#include <string>

namespace talaria::app {

/// Keeps a second process from running on the same embedded store: each would take the other's
/// shards. Held until destroyed, or until the process ends in whatever way.
class instance_lock {
public:
  /// @returns `ec::conflict` if another process holds it.
  static domain::result<instance_lock> acquire(const std::string& path);

  instance_lock(instance_lock&& other) noexcept;
  instance_lock& operator=(instance_lock&& other) noexcept;
  ~instance_lock();

private:
  explicit instance_lock(int descriptor) : descriptor_(descriptor) {}

  int descriptor_ = -1;
};

}  // namespace talaria::app
