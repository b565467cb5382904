#pragma once

#include "posix/temporary_directory.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace talaria::chaos {

/// One throw-away PostgreSQL server, as durable as in production, which may be ill-treated. Removed
/// with this object. Not thread-safe, but for `url` and `socket`.
///
/// It listens on a Unix socket in its directory, below /tmp since such a path is bounded. Called by
/// root it runs as the user `postgres`, since the server refuses to run as root; then its directory
/// is a small disk of its own, if one can be mounted, so that it can be full.
///
/// What it is asked to do throws std::runtime_error if it cannot be done.
class postgres_server {
public:
  struct options {
    /// As a primary knows it that it follows.
    std::string name;
    /// What it says, and its programs, is appended to it.
    std::filesystem::path log;
    /// Lines of `postgresql.conf`.
    std::string settings;
    /// A primary's commits wait for these standbys; empty: for none.
    std::string synchronous_names;
  };

  /// Nothing runs until `make` or `make_standby_of`.
  explicit postgres_server(options options);
  postgres_server(const postgres_server&) = delete;
  postgres_server& operator=(const postgres_server&) = delete;
  ~postgres_server();

  const std::string& name() const { return options_.name; }
  /// By its own socket.
  std::string url() const;
  std::filesystem::path socket() const;
  const std::filesystem::path& directory() const { return directory_.path(); }

  /// With nothing in it; it runs when this returns.
  void make();
  /// Anew, whatever it was before: a copy of the primary, which it follows.
  void make_standby_of(const postgres_server& primary);
  /// As when its machine is lost: all its processes end at once, and nothing of it is left.
  void lose();
  /// Whether it was made, and was not lost since.
  bool exists() const;

  void start();
  /// @param mode As `pg_ctl stop` has it.
  void stop(const std::string& mode);
  bool runs() const;
  /// Starts it unless it runs.
  void recover();

  // Of a primary.

  /// Its commits wait for no standby any more, until it is made anew.
  void stop_waiting_for_standbys();
  /// Those that have all there is, and for which commits may wait. By their names.
  std::string followers() const;

  // Of a standby.

  /// From now on; nobody if it is null. Not one that has less.
  void follow(const postgres_server* primary);
  bool receives() const;
  /// How much of the log of writes it has, in bytes since the log began.
  std::uint64_t received_bytes() const;
  void promote() const;

  /// SIGSTOP or SIGCONT, to all of its processes.
  void pause() const;
  void resume() const;
  /// Ends every connection.
  void terminate_backends() const;

  /// @returns false if it has no disk of its own.
  bool fill_disk();
  void free_disk();

private:
  void mount();
  void unmount();
  void kill_all() const;
  void run(std::vector<std::string> arguments) const;
  void control(const std::vector<std::string>& arguments) const;
  void add_settings(const std::string& lines) const;
  void add_own_settings() const;
  std::string primary_setting(const postgres_server* primary) const;
  void reload() const;
  void signal_all(int number) const;
  std::filesystem::path data() const { return directory() / "data"; }

  const options options_;
  const bool is_root_;
  const std::filesystem::path programs_;
  const posix::temporary_directory directory_{"/tmp/talaria-chaos"};
  bool is_mounted_ = false;
};

}  // namespace talaria::chaos
