#pragma once

#include "persistence/membership.hpp"
#include "persistence/postgres/database.hpp"
#include "persistence/session.hpp"

namespace talaria::persistence::postgres {

class shard_ownership : public persistence::shard_ownership {
public:
  shard_ownership(database& database, store_interruption interruption)
      : connection_{database.patient()}, interruption_{std::move(interruption)} {}

  result<std::vector<owned_shard>> claim_all(std::string_view node) override;

private:
  sql::connection connection_;
  const store_interruption interruption_;
};

}  // namespace talaria::persistence::postgres
