#pragma once

#include "app/configuration.hpp"
#include "domain/error.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace talaria::app {

/// A whole Talaria: store, actors, outbound engine and HTTP server.
///
/// Started and stopped by one thread.
class system {
public:
  /// Migrates and opens the store, makes the first key if there is none, starts everything.
  /// @returns what keeps it from starting; whatever had started is stopped.
  static domain::result<std::unique_ptr<system>> start(const configuration& settings);

  system(const system&) = delete;
  system& operator=(const system&) = delete;
  /// As `stop`.
  ~system();

  std::uint16_t port() const;

  /// The administrator key that this start made, or empty. It is stored nowhere in the clear.
  const std::string& made_key() const;

  /// Its actors failed more often than their supervisors allow. When they do, it sends SIGTERM to
  /// its own process, which whoever started it waits for.
  bool failed() const;

  /// Stops accepting, lets requests and attempts under way end within the configured limit, records
  /// what came of them, and stops everything. Idempotent.
  /// @returns whether all of it ended in time.
  bool stop();

private:
  class implementation;
  explicit system(std::unique_ptr<implementation> started);

  std::unique_ptr<implementation> implementation_;
};

}  // namespace talaria::app
