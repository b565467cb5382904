#pragma once

#include "persistence/postgres/database.hpp"
#include "persistence/upkeep.hpp"

namespace talaria::persistence::postgres {

class upkeep : public persistence::upkeep {
public:
  explicit upkeep(database& database) : connection_{database.patient()} {}

  result<void> prepare(timestamp now) override;
  result<std::size_t> cancel_orphans(timestamp now) override;
  result<std::size_t> purge_idempotency_keys(timestamp now, std::size_t rows_max) override;
  result<std::size_t> purge_creations(timestamp now, std::size_t rows_max) override;
  result<std::size_t> purge_audit_entries(timestamp until, std::size_t rows_max) override;
  result<std::size_t> purge_events(timestamp now, std::chrono::days default_retention,
                                   std::size_t events_max) override;

private:
  sql::connection connection_;
};

}  // namespace talaria::persistence::postgres
