#pragma once

#include "persistence/sqlite/database.hpp"
#include "persistence/store.hpp"

namespace talaria::persistence::sqlite {

class outcome_recorder : public persistence::outcome_recorder {
public:
  explicit outcome_recorder(database& database) : database_{database} {}

  result<std::vector<record_status>> record(std::string_view node,
                                            std::span<const outcome> outcomes) override;

private:
  database& database_;
};

}  // namespace talaria::persistence::sqlite
