#pragma once

#include "persistence/membership.hpp"
#include "persistence/session.hpp"
#include "persistence/sql/access.hpp"

namespace talaria::persistence::sqlite {

class shard_ownership : public persistence::shard_ownership {
public:
  shard_ownership(std::unique_ptr<sql::access> access, store_interruption interruption)
      : access_{std::move(access)}, interruption_{std::move(interruption)} {}

  result<std::vector<owned_shard>> claim_all(std::string_view node) override;

private:
  std::unique_ptr<sql::access> access_;
  const store_interruption interruption_;
};

}  // namespace talaria::persistence::sqlite
