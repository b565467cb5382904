#include "app/instance_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace talaria::app {

domain::result<instance_lock> instance_lock::acquire(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0)
    return domain::fail(domain::ec::store_unavailable,
                        fmt::format("{} cannot be opened: {}", path, std::strerror(errno)));
  instance_lock lock{descriptor};
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0)
    return domain::fail(domain::ec::conflict,
                        fmt::format("another Talaria runs on this store: it holds {}", path));
  return lock;
}

instance_lock::instance_lock(instance_lock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {
}

instance_lock& instance_lock::operator=(instance_lock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

instance_lock::~instance_lock() {
  if (descriptor_ >= 0)
    ::close(descriptor_);
}

}  // namespace talaria::app
