#pragma once

#include "persistence/outcome_recorder.hpp"
#include "persistence/postgres/database.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace talaria::persistence::postgres {

/// A recorder's row in `lanes`, and which shards its holder may have released.
struct held_lane {
  int number = 0;
  /// As it was read last. A write passes only on the version that the row has.
  std::int64_t version = 0;
};

/// One statement for all outcomes, which commits itself, fenced by the row of this recorder's lane
/// (docs/decisions/0004-fencing-by-lanes.md).
class outcome_recorder : public persistence::outcome_recorder {
public:
  explicit outcome_recorder(database& database)
      : lane_{.number = database.next_lane()}, connection_{database.quick(), plans_by_key} {}

  result<std::vector<record_status>> record(std::string_view node,
                                            std::span<const outcome> outcomes) override;
  result<std::vector<record_status>> record_health(std::string_view node,
                                                   std::span<const health_change> changes) override;

private:
  /// The queue is full one minute and empty the next. Vacuumed while it is empty, it looks as if to
  /// read all of it, through whatever index, were as cheap as to look for a row; a plan that does
  /// so once for each outcome is kept, and when there is a backlog no outcome is recorded in time.
  /// What is left to plan with, a bitmap, is of rows that a condition names.
  static constexpr auto plans_by_key = "set enable_seqscan = off; set enable_indexscan = off";

  result<void> open_lane(std::string_view node);
  /// Writes once more what was fenced on a version of the lane that is not the current one.
  result<std::vector<record_status>> on_current_lane(
      const std::function<result<std::vector<record_status>>()>& write);
  /// @returns whether the lane has another version than was known.
  result<bool> see_lane();
  result<std::vector<record_status>> record_part(std::span<const outcome> outcomes);
  result<std::vector<record_status>> record_health_part(std::span<const health_change> changes);

  held_lane lane_;
  sql::connection connection_;
  /// For whom the lane was opened.
  std::string node_;
};

}  // namespace talaria::persistence::postgres
