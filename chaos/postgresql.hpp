#pragma once

#include "chaos/postgres_server.hpp"
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace talaria::chaos {

/// The database of a run: a throw-away server, or a primary and two standbys, as docs/operations.md
/// recommends them. A commit waits for one of these, whichever that is, so that the loss of the
/// primary loses nothing.
///
///     two follow ──fail_over──► one follows ──restore_standbys──► two follow
///
/// Whoever is the primary, what is done to the database is done to it. Not thread-safe, but for
/// `url`, `url_at` and `sockets`, which stay the same.
///
/// What it is asked to do throws std::runtime_error if it cannot be done.
class postgresql {
public:
  enum class standbys : std::uint8_t { none, two };

  /// It runs when this returns, and its standbys follow.
  ///
  /// @param log What they say is appended to it.
  postgresql(const std::filesystem::path& log, standbys standbys);

  /// By the sockets of all servers; whoever uses it finds the primary.
  std::string url() const;
  /// By ports of 127.0.0.1, one for each of `sockets`, where somebody passes on what is said.
  std::string url_at(std::span<const std::uint16_t> ports) const;
  /// Of all servers.
  std::vector<std::filesystem::path> sockets() const;

  void start() { primary().start(); }
  void stop(const std::string& mode) { primary().stop(mode); }
  void pause() { primary().pause(); }
  void resume() { primary().resume(); }
  void terminate_backends() { primary().terminate_backends(); }
  bool fill_disk() { return primary().fill_disk(); }
  void free_disk() { primary().free_disk(); }

  /// From then on commits wait for nobody, and no standby is told of them: a primary that is lost
  /// now takes with it what was acked. The way back is `fail_over`.
  void forsake_standbys();
  /// The primary is lost, and the standby that has more takes its place; the other one follows it.
  void fail_over();
  /// Returns when all standbys follow; those that are lost, or cannot, are made anew.
  void restore_standbys();
  /// Whatever happened to it: afterwards the primary runs, and all standbys follow.
  void recover();

private:
  postgres_server& primary() const { return *servers_[primary_]; }
  /// Those that are not lost.
  std::vector<postgres_server*> standbys_left() const;
  void promote_best();
  std::vector<postgres_server*> strays() const;

  std::vector<std::unique_ptr<postgres_server>> servers_;
  std::size_t primary_ = 0;
};

}  // namespace talaria::chaos
