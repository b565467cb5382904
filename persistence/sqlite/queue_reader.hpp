#pragma once

#include "persistence/sqlite/database.hpp"
#include "persistence/store.hpp"

namespace talaria::persistence::sqlite {

class queue_reader : public persistence::queue_reader {
public:
  explicit queue_reader(database& database) : connection_{database.opened_with()} {}

  result<pending_page> page(subscription_number subscription, timestamp until,
                            std::size_t deliveries_max, std::size_t payload_bytes_max) override;

  result<std::vector<subscription_number>> due_subscriptions(std::span<const shard_id> shards,
                                                             timestamp after,
                                                             timestamp until) override;

private:
  connection connection_;
};

}  // namespace talaria::persistence::sqlite
