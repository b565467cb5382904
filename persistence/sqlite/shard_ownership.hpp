#pragma once

#include "persistence/sqlite/database.hpp"
#include "persistence/store.hpp"

namespace talaria::persistence::sqlite {

class shard_ownership : public persistence::shard_ownership {
public:
  explicit shard_ownership(database& database) : database_{database} {}

  result<std::vector<owned_shard>> claim_all(std::string_view node) override;

private:
  database& database_;
};

}  // namespace talaria::persistence::sqlite
