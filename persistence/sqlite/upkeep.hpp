#pragma once

#include "persistence/sql/access.hpp"
#include "persistence/upkeep.hpp"

namespace talaria::persistence::sqlite {

class upkeep : public persistence::upkeep {
public:
  explicit upkeep(std::unique_ptr<sql::access> access) : access_{std::move(access)} {}

  result<void> prepare(timestamp /*now*/) override { return {}; }
  /// None: writers come one after the other, and check the catalogue.
  result<std::size_t> cancel_orphans(timestamp /*now*/) override { return 0; }
  result<std::size_t> purge_idempotency_keys(timestamp now, std::size_t rows_max) override;
  result<std::size_t> purge_creations(timestamp now, std::size_t rows_max) override;
  result<std::size_t> purge_audit_entries(timestamp until, std::size_t rows_max) override;
  result<std::size_t> purge_events(timestamp now, std::chrono::days default_retention,
                                   std::size_t events_max) override;

private:
  struct position {
    domain::application_id application;
    domain::event_id event;
  };

  /// Expired events, in the order of their positions, read without keeping a writer waiting.
  result<std::vector<position>> purgeable(timestamp now, std::chrono::days default_retention,
                                          std::size_t events_max);

  std::unique_ptr<sql::access> access_;
  /// Events up to here were looked at in this round: a backlog of old pending ones is passed over
  /// once in each round, not in each call.
  position looked_at_;
};

}  // namespace talaria::persistence::sqlite
