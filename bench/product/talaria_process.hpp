#pragma once

#include "posix/child_process.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace talaria::bench {

/// A Talaria of its own, on a free port. Killed with this object, at the latest.
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

  /// Asks it to end, and waits until it has, well.
  void stop();

  const std::string& url() const { return url_; }
  const std::string& key() const { return key_; }
  pid_t pid() const { return process_.pid(); }
  const std::filesystem::path& log() const { return log_; }

  /// Of all its threads, from its start on.
  std::chrono::nanoseconds cpu_time() const;
  std::uint64_t resident_bytes() const;
  std::uint64_t resident_bytes_max() const;

private:
  posix::command_line to_command(const std::filesystem::path& binary,
                                 const std::filesystem::path& directory,
                                 const std::string& store_url) const;
  std::string wait_for_url();
  /// Of a line such as `VmRSS:   1024 kB`.
  std::uint64_t status_bytes(std::string_view name) const;
  [[noreturn]] void fail(const std::string& what) const;

  const std::string key_ = "benchmark-key-of-no-consequence";
  const std::filesystem::path log_;
  posix::child_process process_;
  const std::string url_;
};

}  // namespace talaria::bench
