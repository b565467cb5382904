#pragma once

#include "bench/store/postgresql_connection.hpp"

#include <chrono>
#include <string>

namespace talaria::bench {

/// A PostgreSQL server, which databases for single measurements are made on. Not thread-safe;
/// throws std::runtime_error with what the server said.
class postgresql_server {
public:
  /// @param url `postgresql://...`, of a role that may create databases.
  explicit postgresql_server(std::string url);

  /// An empty database with a name of its own. @returns its URL.
  std::string make_database();
  /// Ends the connections that it has.
  void drop_database(const std::string& url);

  /// Of all its processes, since their start. Zero if it runs on another machine.
  std::chrono::nanoseconds cpu_time() const;

  /// Its version, and whether its commits are durable.
  std::string describe();

private:
  std::string url_;
  postgresql_connection connection_;
  /// The parent of all its processes; 0 if it runs on another machine.
  pid_t parent_;
};

/// The URL with another database in it. @pre url begins with `postgresql://` or `postgres://`.
std::string with_database(const std::string& url, const std::string& database);
/// The name in it; empty if there is none.
std::string database_of(const std::string& url);

}  // namespace talaria::bench
