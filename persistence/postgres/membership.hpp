#pragma once

#include "persistence/membership.hpp"
#include "persistence/postgres/database.hpp"
#include "persistence/session.hpp"

namespace talaria::persistence::postgres {

class membership : public persistence::membership {
public:
  membership(database& database, store_interruption interruption)
      : connection_{database.quick()}, interruption_{std::move(interruption)} {}

  result<void> join(const node_row& node) override;
  result<node_status> renew(std::string_view incarnation) override;
  result<cluster_view> look() override;
  result<std::vector<std::string>> bury(std::span<const sighting> still) override;
  result<std::vector<owned_shard>> claim(std::string_view incarnation,
                                         std::size_t shards_max) override;
  result<void> release(std::string_view incarnation, std::span<const shard_id> shards) override;
  result<void> set_draining(std::string_view name, bool draining) override;
  result<void> leave(std::string_view incarnation) override;
  result<std::vector<node_lag>> lags(timestamp now) override;

private:
  sql::connection connection_;
  const store_interruption interruption_;
};

}  // namespace talaria::persistence::postgres
