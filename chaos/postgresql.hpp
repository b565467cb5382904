#pragma once

#include "posix/temporary_directory.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace talaria::chaos {

/// A throw-away PostgreSQL server, as durable as in production, which may be ill-treated. Removed
/// with this object. Not thread-safe.
///
/// It listens on a Unix socket in its directory, below /tmp since such a path is bounded. Called by
/// root it runs as the user `postgres`, since the server refuses to run as root; then its directory
/// is a small disk of its own, if one can be mounted, so that it can be full.
class postgresql {
public:
  /// @param log What its programs say is appended to it.
  /// @throws std::runtime_error if it cannot be made.
  explicit postgresql(std::filesystem::path log);
  postgresql(const postgresql&) = delete;
  postgresql& operator=(const postgresql&) = delete;
  ~postgresql();

  /// By its own socket.
  std::string url() const;
  /// By a port of 127.0.0.1, where somebody passes on what is said.
  std::string url_at(std::uint16_t port) const;
  std::filesystem::path socket() const;
  const std::filesystem::path& directory() const { return directory_.path(); }

  void start();
  /// @param mode As `pg_ctl stop` has it.
  void stop(const std::string& mode);
  bool runs() const;
  /// Starts it unless it runs.
  void recover();

  /// SIGSTOP or SIGCONT, to all of its processes.
  void pause();
  void resume();
  /// Ends every connection. @throws std::runtime_error if it does not answer.
  void terminate_backends();

  /// @returns false if it has no disk of its own.
  bool fill_disk();
  void free_disk();

private:
  void make();
  void mount();
  void unmount();
  void run(std::vector<std::string> arguments) const;
  void control(const std::vector<std::string>& arguments) const;
  void signal_all(int number) const;
  std::filesystem::path data() const { return directory() / "data"; }

  const std::filesystem::path log_;
  const bool is_root_;
  const std::filesystem::path programs_;
  const posix::temporary_directory directory_{"/tmp/talaria-chaos"};
  bool is_mounted_ = false;
};

}  // namespace talaria::chaos
