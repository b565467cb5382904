#pragma once

#include "persistence/postgres/database.hpp"
#include "persistence/store.hpp"

namespace talaria::persistence::postgres {

class shard_ownership : public persistence::shard_ownership {
public:
  explicit shard_ownership(database& database) : connection_{database.patient()} {}

  result<std::vector<owned_shard>> claim_all(std::string_view node) override;

private:
  sql::connection connection_;
};

}  // namespace talaria::persistence::postgres
