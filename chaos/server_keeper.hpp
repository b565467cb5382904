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

/// Free a moment ago, and not one that the system gives to connections.
std::uint16_t free_port();

/// Keeps one node of Talaria running, whatever ends it, and ill-treats it when told to.
///
/// It always comes back at the same address; a successor that takes over has another. Thread-safe.
///
///     starting ──serves──► serving ──ends, by a kill or by itself──► starting ...
///                             └──go_down──► down ──come_back──► starting
///
/// An end that nobody asked for is noted as a problem. Not so one by the exit code of a fault that
/// was injected (137), nor that of a process which says that the cluster has buried it: then it is
/// to end, and whoever runs it starts it again.
class server_keeper {
public:
  struct options {
    /// Of the node. Its processes are `<name>.1`, `<name>.2`, ...
    std::string name;
    std::filesystem::path binary;
    /// For its log, its key file and, on SQLite, its store.
    std::filesystem::path directory;
    /// A server of a database is told the name of the process (`application_name`).
    std::string store_url;
    /// Of `talaria serve`, as the configuration file has them.
    std::map<std::string, std::string> settings;
  };

  /// Returns when it serves. @throws std::runtime_error if it does not.
  server_keeper(options options, const run_clock& clock);
  server_keeper(const server_keeper&) = delete;
  server_keeper& operator=(const server_keeper&) = delete;
  ~server_keeper();

  const std::string& name() const { return options_.name; }
  /// Where the newest one answers, or will.
  std::string url() const;
  const std::string& key() const { return key_; }

  /// @param stays_down Before it is started again.
  void kill(std::chrono::milliseconds stays_down = {});
  void pause();
  void resume();
  /// Lowers what it may use of a resource. @returns the former bounds, to be given back; nothing if
  /// there is no process.
  std::optional<rlimit> limit(__rlimit_resource resource, rlim_t bound);
  void give_back(__rlimit_resource resource, rlimit former);
  std::optional<resources> usage() const;
  /// Whether one of its processes has it; by the inode.
  bool has_socket(std::uint64_t socket) const;

  /// Asks it to end, and does not start it again. @returns whether it has ended in time.
  bool go_down();
  /// Another program, from the next start on.
  void use(const std::filesystem::path& binary);
  /// Unless it is there.
  void come_back();

  /// Stops the process in its tracks, and starts another one of the same node.
  ///
  /// @param changes Of the settings, from now on: what the two cannot share.
  void take_over(const std::map<std::string, std::string>& changes);
  /// The one that was succeeded goes on, and believes what it believed.
  void resume_former();
  /// It ends by itself, having learnt of its successor; killed if it does not.
  void end_former();
  std::vector<takeover> takeovers() const;

  /// @returns whether it does in time.
  bool wait_until_serving(std::chrono::milliseconds patience) const;
  bool is_serving() const;

  /// Asks it to end, and keeps it no longer. @returns its exit code, or nothing if it did not end.
  std::optional<int> stop();

  /// How often it ended before `stop`, but for those times when it was asked to.
  std::uint64_t ends() const;
  std::vector<process_end> process_ends() const;
  /// What it did that nobody had asked for.
  std::vector<std::string> problems() const;

private:
  struct process;

  void keep();
  void look_after();
  void note_end(process& ended, int code);
  void restart(process& ended, int code);
  std::unique_ptr<process> start(std::uint16_t port, const std::string& log);
  void add_problem(const std::string& what);

  options options_;
  const run_clock& clock_;
  const std::string key_ = "chaos-key-of-no-consequence";
  mutable std::mutex mutex_;
  std::unique_ptr<process> current_;
  std::unique_ptr<process> former_;
  std::vector<takeover> takeovers_;
  std::vector<process_end> process_ends_;
  std::vector<std::string> problems_;
  std::uint64_t ends_ = 0;
  std::uint32_t processes_ = 0;
  std::uint32_t successors_ = 0;
  bool is_down_ = false;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace talaria::chaos
