#pragma once

#include "persistence/queue_reader.hpp"
#include "persistence/sql/access.hpp"

namespace talaria::persistence::sql {

class queue_reader : public persistence::queue_reader {
public:
  explicit queue_reader(std::unique_ptr<access> access) : access_{std::move(access)} {}

  result<pending_page> page(const pending_query& wanted) override;

  result<std::vector<subscription_number>> due_subscriptions(std::span<const shard_id> shards,
                                                             timestamp after,
                                                             timestamp until) override;

private:
  std::unique_ptr<access> access_;
};

}  // namespace talaria::persistence::sql
