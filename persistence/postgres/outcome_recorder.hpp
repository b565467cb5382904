#pragma once

#include "persistence/postgres/database.hpp"
#include "persistence/store.hpp"

#include <string>

namespace talaria::persistence::postgres {

/// One statement for all outcomes, which commits itself, fenced by the row of this recorder's lane
/// (docs/decisions/0004-fencing-by-lanes.md).
class outcome_recorder : public persistence::outcome_recorder {
public:
  explicit outcome_recorder(database& database)
      : lane_{database.next_lane()}, connection_{database.quick()} {}

  result<std::vector<record_status>> record(std::string_view node,
                                            std::span<const outcome> outcomes) override;
  result<std::vector<record_status>> record_health(std::string_view node,
                                                   std::span<const health_change> changes) override;

private:
  result<void> open_lane(std::string_view node);
  result<void> record_part(std::string_view node, std::span<const outcome> outcomes,
                           std::vector<record_status>& statuses);

  const int lane_;
  sql::connection connection_;
  /// For whom the lane was opened.
  std::string node_;
};

}  // namespace talaria::persistence::postgres
