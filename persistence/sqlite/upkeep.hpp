#pragma once

#include "persistence/sql/access.hpp"
#include "persistence/store.hpp"

namespace talaria::persistence::sqlite {

class upkeep : public persistence::upkeep {
public:
  explicit upkeep(std::unique_ptr<sql::access> access) : access_{std::move(access)} {}

  result<void> prepare(timestamp /*now*/) override { return {}; }
  /// None: writers come one after the other, and check the catalogue.
  result<std::size_t> cancel_orphans(timestamp /*now*/) override { return 0; }
  result<std::size_t> purge_idempotency_keys(timestamp now, std::size_t rows_max) override;
  result<std::size_t> purge_events(timestamp before, std::size_t events_max) override;

private:
  /// The oldest events that can go, read without keeping a writer waiting.
  result<std::vector<domain::event_id>> purgeable(timestamp before, std::size_t events_max);

  std::unique_ptr<sql::access> access_;
  /// Events up to here were looked at in this round: a backlog of old pending ones is passed over
  /// once in each round, not in each call.
  domain::event_id looked_at_;
};

}  // namespace talaria::persistence::sqlite
