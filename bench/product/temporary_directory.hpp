#pragma once

#include <filesystem>

namespace talaria::bench {

/// A directory of its own, removed with everything in it.
class temporary_directory {
public:
  /// @throws std::system_error if it cannot be made.
  explicit temporary_directory(const std::filesystem::path& inside);
  temporary_directory(const temporary_directory&) = delete;
  temporary_directory& operator=(const temporary_directory&) = delete;
  ~temporary_directory();

  const std::filesystem::path& path() const { return path_; }

private:
  std::filesystem::path path_;
};

}  // namespace talaria::bench
