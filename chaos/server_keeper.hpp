#pragma once

#include "posix/child_process.hpp"

#include <sys/resource.h>

#include "chaos/history.hpp"
#include "chaos/run_clock.hpp"
#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace talaria::chaos {

/// Keeps a Talaria running, whatever ends it, and ill-treats it when told to.
///
/// It always comes back at the same address; a successor that takes over has another. Thread-safe.
///
///     starting ──serves──► serving ──ends, by a kill or by itself──► starting ...
///
/// An end that nobody asked for is noted as a problem; one by the exit code of a fault that was
/// injected (137) is not.
class server_keeper {
public:
  struct options {
    std::filesystem::path binary;
    /// For its log, its key file and, on SQLite, its store.
    std::filesystem::path directory;
    std::string store_url;
    /// Of `talaria serve`, as the configuration file has them.
    std::map<std::string, std::string> settings;
  };

  /// Returns when it serves. @throws std::runtime_error if it does not.
  server_keeper(options options, const run_clock& clock);
  server_keeper(const server_keeper&) = delete;
  server_keeper& operator=(const server_keeper&) = delete;
  ~server_keeper();

  /// Where the newest one answers, or will.
  std::string url() const;
  const std::string& key() const { return key_; }

  void kill();
  void pause();
  void resume();
  /// Lowers what it may use of a resource. @returns the former bounds, to be given back; nothing if
  /// there is no process.
  std::optional<rlimit> limit(__rlimit_resource resource, rlim_t bound);
  void give_back(__rlimit_resource resource, rlimit former);
  std::optional<resources> usage() const;

  /// Stops the process in its tracks, and starts a successor under another name.
  void take_over();
  /// The one that was succeeded goes on, and believes what it believed.
  void resume_former();
  /// Kills it.
  void end_former();
  std::vector<takeover> takeovers() const;

  /// @returns whether it does in time.
  bool wait_until_serving(std::chrono::milliseconds patience) const;

  /// Asks it to end, and keeps it no longer. @returns its exit code, or nothing if it did not end.
  std::optional<int> stop();

  /// How often it ended, before `stop`.
  std::uint64_t ends() const;
  /// What it did that nobody had asked for.
  std::vector<std::string> problems() const;

private:
  struct process;

  void keep();
  void look_after();
  void restart(process& ended, int code);
  std::unique_ptr<process> start(std::uint32_t node, std::uint16_t port) const;

  const options options_;
  const run_clock& clock_;
  const std::string key_ = "chaos-key-of-no-consequence";
  mutable std::mutex mutex_;
  std::unique_ptr<process> current_;
  std::unique_ptr<process> former_;
  std::vector<takeover> takeovers_;
  std::vector<std::string> problems_;
  std::uint64_t ends_ = 0;
  std::uint32_t nodes_ = 1;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace talaria::chaos
