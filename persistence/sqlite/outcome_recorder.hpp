#pragma once

#include "persistence/outcome_recorder.hpp"
#include "persistence/sql/access.hpp"

namespace talaria::persistence::sqlite {

class outcome_recorder : public persistence::outcome_recorder {
public:
  explicit outcome_recorder(std::unique_ptr<sql::access> access) : access_{std::move(access)} {}

  result<std::vector<record_status>> record(std::string_view node,
                                            std::span<const outcome> outcomes) override;
  result<std::vector<record_status>> record_health(std::string_view node,
                                                   std::span<const health_change> changes) override;

private:
  std::unique_ptr<sql::access> access_;
};

}  // namespace talaria::persistence::sqlite
