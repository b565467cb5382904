#include "bench/report/machine.hpp"

#include "delivery/file_descriptor.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <fstream>
#include <thread>
#include <utility>
#include <vector>

namespace talaria::bench {

namespace {

std::string processor_name() {
  std::ifstream file{"/proc/cpuinfo"};
  for (std::string line; std::getline(file, line);) {
    const auto colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos)
      return line.substr(colon + 2);
  }
  return "unknown";
}

std::string kernel_name() {
  utsname names{};
  return ::uname(&names) == 0 ? fmt::format("{} {}", names.sysname, names.release) : "unknown";
}

double memory_gib() {
  struct sysinfo info {};
  constexpr double gib = 1024.0 * 1024 * 1024;
  return ::sysinfo(&info) == 0 ? static_cast<double>(info.totalram) * info.mem_unit / gib : 0;
}

std::string file_system_of(const std::filesystem::path& directory) {
  struct statfs found {};
  if (::statfs(directory.c_str(), &found) != 0)
    return "unknown";
  switch (found.f_type) {
    case TMPFS_MAGIC:
      return "tmpfs (not durable: figures mean nothing)";
    case EXT4_SUPER_MAGIC:
      return "ext4";
    case XFS_SUPER_MAGIC:
      return "xfs";
    case BTRFS_SUPER_MAGIC:
      return "btrfs";
    case OVERLAYFS_SUPER_MAGIC:
      return "overlayfs";
    default:
      return fmt::format("{:#x}", found.f_type);
  }
}

double sync_milliseconds(const std::filesystem::path& directory) {
  constexpr std::size_t syncs = 200;
  const auto path = directory / "sync";
  const delivery::file_descriptor file{
      ::open(path.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600)};
  const std::array<char, 4096> page{};
  std::vector<double> took;
  for (std::size_t made = 0; made < syncs && file.valid(); ++made) {
    const auto started = std::chrono::steady_clock::now();
    if (::write(file.get(), page.data(), page.size()) < 0 || ::fdatasync(file.get()) != 0)
      break;
    const std::chrono::duration<double, std::milli> elapsed =
        std::chrono::steady_clock::now() - started;
    took.push_back(elapsed.count());
  }
  std::filesystem::remove(path);
  if (took.empty())
    return 0;
  std::sort(took.begin(), took.end());
  return took[took.size() / 2];
}

}  // namespace

machine describe_machine(const std::filesystem::path& store_directory, std::string store) {
  return {.processor = processor_name(),
          .processors = std::thread::hardware_concurrency(),
          .memory_gib = memory_gib(),
          .kernel = kernel_name(),
          .compiler = "g++ " __VERSION__,
          .store = std::move(store),
          .file_system = file_system_of(store_directory),
          .sync_ms = sync_milliseconds(store_directory)};
}

}  // namespace talaria::bench
