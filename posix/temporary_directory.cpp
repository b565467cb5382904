#include "posix/temporary_directory.hpp"

#include <stdlib.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace talaria::posix {

std::filesystem::path make_temporary_directory(const std::filesystem::path& name) {
  auto made = name.string() + "-XXXXXX";
  if (::mkdtemp(made.data()) == nullptr)
    throw std::system_error(errno, std::generic_category(), made);
  return made;
}

temporary_directory::temporary_directory(const std::filesystem::path& name)
    : path_(make_temporary_directory(name)) {
}

temporary_directory::~temporary_directory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace talaria::posix
