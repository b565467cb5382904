#include "persistence/postgres/connector.hpp"

#include <fmt/format.h>
#include <soci/postgresql/soci-postgresql.h>

#include <algorithm>

namespace talaria::persistence::postgres {

namespace {

using domain::ec;

constexpr std::string_view disk_full = "53100";

/// What the server's answer means, by the class of its code.
sql::diagnosis diagnose_state(std::string_view state) {
  const auto state_class = state.substr(0, 2);
  // A serialization failure, a deadlock, a row that another transaction wrote first.
  if (state_class == "40" || state == sqlstate::unique_violation)
    return {{ec::conflict, {}, {}}, true, true};
  if (state_class == "23")
    return {{ec::conflict, {}, {}}, true, false};
  if (state == disk_full)
    return {{ec::store_full, {}, {}}, true, false};
  return {{ec::store_unavailable, {}, {}}, true, false};
}

/// Whether nothing can be written on any connection: no resources, the server is stopping or
/// starting, a failing disk, a server that only replicates another one. Not a full disk, which says
/// so at once by itself, and on which the probe, that needs no new room, would succeed.
bool concerns_all(std::string_view state) {
  const auto state_class = state.substr(0, 2);
  return (state_class == "53" && state != disk_full) || state_class == "58" || state == "25006" ||
         state == "57P01" || state == "57P02" || state == "57P03";
}

}  // namespace

PGconn* native(soci::session& session) {
  return static_cast<soci::postgresql_session_backend*>(session.get_backend())->conn_;
}

std::string state_of(const soci::soci_error& failure) {
  const auto* answered = dynamic_cast<const soci::postgresql_soci_error*>(&failure);
  return answered == nullptr ? std::string{} : answered->sqlstate();
}

void throw_failure(PGconn* connection, const PGresult* answer) {
  const char* state = PQresultErrorField(answer, PG_DIAG_SQLSTATE);
  // The primary message, since the others quote values.
  const char* message = PQresultErrorField(answer, PG_DIAG_MESSAGE_PRIMARY);
  constexpr auto connection_failure = "08006";
  throw soci::postgresql_soci_error(message == nullptr ? PQerrorMessage(connection) : message,
                                    state == nullptr ? connection_failure : state);
}

void execute(soci::session& session, const std::string& sql) {
  auto* const connection = native(session);
  const std::unique_ptr<PGresult, void (*)(PGresult*)> answer{PQexec(connection, sql.c_str()),
                                                              &PQclear};
  const auto status = PQresultStatus(answer.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
    throw_failure(connection, answer.get());
}

domain::result<void> connector::admit() {
  if (auto interrupted = sql::interrupt(interruption_, store_moment::transaction); !interrupted)
    return interrupted;
  return breaker_ == nullptr ? domain::result<void>{} : breaker_->admit();
}

std::unique_ptr<soci::session> connector::open() {
  return std::make_unique<soci::session>("postgresql", conninfo_);
}

void connector::enter(soci::session& session) noexcept {
  guard_.watch(native(session), call_time_max_);
}

void connector::leave(soci::session& session) noexcept {
  guard_.release(native(session));
}

sql::diagnosis connector::diagnose(const soci::soci_error& failure, soci::session* session) {
  // Not what(): it holds every bound value.
  auto message = failure.get_error_message();
  std::ranges::replace(message, '\n', ' ');
  if (session == nullptr) {
    lost(message);
    return {.error = {ec::store_unavailable, fmt::format("PostgreSQL: {}", message), {}}};
  }
  if (PQstatus(native(*session)) == CONNECTION_BAD) {
    if (guard_.take_stalled(native(*session))) {
      lost("it does not answer");
      return {.error = {ec::store_unavailable, "PostgreSQL does not answer", {}}};
    }
    // Only this one, as far as is known: if the server is gone, opening another will tell.
    return {.error = {ec::store_unavailable, "PostgreSQL: the connection was lost", {}},
            .connection_usable = false,
            .worth_repeating = true};
  }
  const auto state = state_of(failure);
  auto found = diagnose_state(state);
  found.error.detail = fmt::format("PostgreSQL: {}", message);
  if (concerns_all(state))
    lost(message);
  return found;
}

void connector::lost(const std::string& why) {
  if (breaker_ != nullptr)
    breaker_->lost(why);
}

}  // namespace talaria::persistence::postgres
