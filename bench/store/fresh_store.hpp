#pragma once

#include "bench/store/postgresql_server.hpp"

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

namespace talaria::bench {

/// An empty store for one measurement: a SQLite file, or a PostgreSQL database of its own, which is
/// dropped with this object. Throws std::runtime_error if the server refuses.
class fresh_store {
public:
  /// @param server_url Of a PostgreSQL server; empty for SQLite.
  /// @param directory For a SQLite file, whose owner removes it.
  fresh_store(const std::string& server_url, const std::filesystem::path& directory);
  fresh_store(const fresh_store&) = delete;
  fresh_store& operator=(const fresh_store&) = delete;
  ~fresh_store();

  /// As Talaria's setting `store.url` takes it.
  const std::string& url() const { return url_; }

  /// Of the server since its start. Zero for SQLite, whose work is done in its user's process, and
  /// for a server on another machine.
  std::chrono::nanoseconds server_cpu_time() const;

private:
  std::optional<postgresql_server> server_;
  std::string url_;
};

}  // namespace talaria::bench
