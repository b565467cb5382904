#pragma once

#include "delivery/file_descriptor.hpp"

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace talaria::bench {

/// A Talaria of its own, on a free port. Ends with this object, at the latest.
///
/// Its methods throw std::runtime_error with the end of the log if the process is not what it
/// should be.
class talaria_process {
public:
  /// Returns when it serves requests.
  ///
  /// @param directory For its log, over that of a former one.
  talaria_process(const std::filesystem::path& binary, const std::filesystem::path& directory,
                  const std::string& store_url);
  talaria_process(const talaria_process&) = delete;
  talaria_process& operator=(const talaria_process&) = delete;
  /// Kills it if `stop` was not called.
  ~talaria_process();

  /// Asks it to end, and waits until it has, well.
  void stop();

  const std::string& url() const { return url_; }
  const std::string& key() const { return key_; }
  pid_t pid() const { return pid_; }
  const std::filesystem::path& log() const { return log_; }

  /// Of all its threads, from its start on.
  std::chrono::nanoseconds cpu_time() const;
  std::uint64_t resident_bytes() const;
  std::uint64_t resident_bytes_max() const;

private:
  void spawn(const std::filesystem::path& binary, const std::filesystem::path& directory,
             const std::string& store_url);
  std::string wait_for_url();
  bool wait_for_end(std::chrono::milliseconds patience) const;
  /// Of a line such as `VmRSS:   1024 kB`.
  std::uint64_t status_bytes(std::string_view name) const;
  [[noreturn]] void fail(const std::string& what) const;

  const std::string key_;
  std::filesystem::path log_;
  pid_t pid_ = -1;
  delivery::file_descriptor handle_;
  std::string url_;
};

}  // namespace talaria::bench
