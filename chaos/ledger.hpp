#pragma once

#include "delivery/file_descriptor.hpp"

#include "chaos/history.hpp"
#include <filesystem>
#include <span>

namespace talaria::chaos {

/// A file in which receptions are durable before they are answered, a line of JSON for each. One
/// thread at a time.
class ledger {
public:
  /// Over what was there. @throws std::system_error if it cannot be made.
  explicit ledger(const std::filesystem::path& path);

  /// Returns when they are on the disk. @throws std::system_error if they are not.
  void write(std::span<const reception> receptions);

private:
  delivery::file_descriptor file_;
};

}  // namespace talaria::chaos
