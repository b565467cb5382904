#pragma once

#include <filesystem>

namespace talaria::posix {

/// Makes a directory for its owner alone, and leaves it to the caller.
///
/// @param name How its path begins; what makes it the only one is added.
/// @throws std::system_error if it cannot be made.
std::filesystem::path make_temporary_directory(const std::filesystem::path& name);

/// A directory of its own, removed with everything in it.
class temporary_directory {
public:
  /// As `make_temporary_directory` has it.
  explicit temporary_directory(
      const std::filesystem::path& name = std::filesystem::temp_directory_path() / "talaria");
  temporary_directory(const temporary_directory&) = delete;
  temporary_directory& operator=(const temporary_directory&) = delete;
  ~temporary_directory();

  const std::filesystem::path& path() const { return path_; }

private:
  std::filesystem::path path_;
};

}  // namespace talaria::posix
