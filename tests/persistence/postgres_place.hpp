#pragma once

#include "tests/persistence/sqlite_place.hpp"

#include <soci/soci.h>

#include <memory>
#include <string>

namespace talaria::persistence::test {

/// The URL of a PostgreSQL server that tests may use, from TALARIA_TEST_POSTGRESQL; empty if none.
std::string test_server();

/// A schema of its own in the test server's database, dropped at the end.
class postgres_place : public place {
public:
  postgres_place();
  ~postgres_place() override;
  postgres_place(const postgres_place&) = delete;
  postgres_place& operator=(const postgres_place&) = delete;

  using place::open;
  std::unique_ptr<store> open(const retention_clock& retention) override;

  /// The database with this schema in front.
  std::string url() const;
  /// @param more_options As `-c name=value`, for the server's session.
  std::string url_with(const std::string& more_options) const;
  /// A session in the schema.
  std::unique_ptr<soci::session> connect() const override;

private:
  std::string schema_;
};

}  // namespace talaria::persistence::test
