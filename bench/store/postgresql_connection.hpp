#pragma once

#include <libpq-fe.h>
#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

namespace talaria::bench {

/// The least that makes libpq bearable. Blocking, not thread-safe; throws std::runtime_error with
/// what the server said.
class postgresql_connection {
public:
  /// @param url As libpq takes it.
  explicit postgresql_connection(const std::string& url);

  /// One statement, or several with semicolons between them.
  /// @returns the first column of the last one's first row; empty if it has none.
  std::string run(const std::string& sql);

  /// Replaces the statement prepared before.
  void prepare(const char* sql);
  /// Executes it with parameters in PostgreSQL's binary format.
  void execute(const std::vector<std::string>& parameters);

  /// The process that serves this connection, on the server's machine.
  pid_t server_process() const { return PQbackendPID(connection_.get()); }

private:
  struct close {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };
  struct clear {
    void operator()(PGresult* result) const { PQclear(result); }
  };
  using result = std::unique_ptr<PGresult, clear>;

  result checked(PGresult* answered) const;

  std::unique_ptr<PGconn, close> connection_;
};

}  // namespace talaria::bench
