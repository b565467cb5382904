#pragma once

#include "persistence/postgres/availability.hpp"
#include "persistence/postgres/dialect.hpp"
#include "persistence/postgres/stall_guard.hpp"
#include "persistence/sql/connection.hpp"

#include <libpq-fe.h>

#include <chrono>
#include <string>
#include <string_view>

namespace talaria::persistence::postgres {

namespace sqlstate {
inline constexpr std::string_view unique_violation = "23505";
inline constexpr std::string_view check_violation = "23514";
}  // namespace sqlstate

/// The connection of a session to PostgreSQL, which the session keeps.
PGconn* native(soci::session& session);

/// The code of a failure of the server (SQLSTATE, PostgreSQL's appendix A); empty if it is none.
std::string state_of(const soci::soci_error& failure);

/// Runs statements without parameters, several if they are separated by semicolons, past SOCI,
/// which would look for parameters in them.
/// @throws soci::soci_error
void execute(soci::session& session, const std::string& sql);

/// @throws soci::soci_error that names no value
[[noreturn]] void throw_failure(PGconn* connection, const PGresult* answer);

/// Opens connections with one conninfo.
class connector : public sql::connector {
public:
  /// @param breaker Refuses sessions while the server is unavailable, and is told when it is. Null:
  /// for the breaker's own probe.
  connector(std::string conninfo, std::chrono::milliseconds call_time_max, stall_guard& guard,
            availability* breaker, store_interruption interruption = {})
      : conninfo_{std::move(conninfo)},
        call_time_max_{call_time_max},
        guard_{guard},
        breaker_{breaker},
        interruption_{std::move(interruption)} {}

  const sql::dialect& speaks() const override { return dialect_; }
  domain::result<void> admit() override;
  std::unique_ptr<soci::session> open() override;
  void enter(soci::session& session) noexcept override;
  void leave(soci::session& session) noexcept override;
  sql::diagnosis diagnose(const soci::soci_error& failure, soci::session* session) override;

private:
  void lost(const std::string& why);

  const std::string conninfo_;
  const std::chrono::milliseconds call_time_max_;
  stall_guard& guard_;
  availability* const breaker_;
  const store_interruption interruption_;
  const dialect dialect_;
};

}  // namespace talaria::persistence::postgres
