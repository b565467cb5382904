#pragma once

#include "persistence/sql/access.hpp"
#include "persistence/store.hpp"

namespace talaria::persistence::sqlite {

class shard_ownership : public persistence::shard_ownership {
public:
  explicit shard_ownership(std::unique_ptr<sql::access> access) : access_{std::move(access)} {}

  result<std::vector<owned_shard>> claim_all(std::string_view node) override;

private:
  std::unique_ptr<sql::access> access_;
};

}  // namespace talaria::persistence::sqlite
