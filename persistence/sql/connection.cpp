#include "persistence/sql/connection.hpp"

namespace talaria::persistence::sql {

soci::session& connection::session() {
  if (session_)
    return *session_;
  session_ = connector_.open();
  if (setup_.empty())
    return *session_;
  try {
    // It may hang like any other statement.
    const use use{*this};
    *session_ << setup_;
  } catch (...) {
    close();
    throw;
  }
  return *session_;
}

diagnosis connection::recover(const soci::soci_error& failure) noexcept {
  auto found = connector_.diagnose(failure, session_.get());
  if (!found.connection_usable) {
    close();
    return found;
  }
  try {
    const use use{*this};
    session_->rollback();
    // Those that failed leak their parameters' buffers otherwise.
    prepared_.clear();
  } catch (const soci::soci_error&) {
    close();
  }
  return found;
}

void connection::close() noexcept {
  if (!session_)
    return;
  // Statements take leave of the server, which may hang.
  connector_.enter(*session_);
  prepared_.clear();
  connector_.leave(*session_);
  session_.reset();
}

}  // namespace talaria::persistence::sql
