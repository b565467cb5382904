#include "persistence/sql/connection.hpp"

namespace talaria::persistence::sql {

soci::session& connection::session() {
  if (!session_)
    session_ = connector_.open();
  return *session_;
}

diagnosis connection::recover(const soci::soci_error& failure) noexcept {
  auto found = connector_.diagnose(failure, session_.get());
  // Those that failed leak their parameters' buffers otherwise.
  prepared_.clear();
  if (!found.connection_usable) {
    close();
    return found;
  }
  try {
    session_->rollback();
  } catch (const soci::soci_error&) {
    close();
  }
  return found;
}

void connection::close() noexcept {
  prepared_.clear();
  session_.reset();
}

}  // namespace talaria::persistence::sql
