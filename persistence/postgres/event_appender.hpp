#pragma once

#include "persistence/event_appender.hpp"
#include "persistence/postgres/database.hpp"
#include "persistence/postgres/partitions.hpp"
#include "persistence/postgres/payload_encoding.hpp"

#include <set>

namespace talaria::persistence::postgres {

/// Groups without idempotency keys or ordered subscriptions are one statement, which commits
/// itself. Others are a transaction: the keys are claimed, those that others have are looked up,
/// the groups decided, places in their orders given to what is accepted, and all of it written.
class event_appender : public persistence::event_appender {
public:
  explicit event_appender(database& database) : connection_{database.quick()} {}

  result<std::vector<appended_group>> append(std::span<const event_group> groups,
                                             std::int64_t catalog_revision) override;

private:
  /// Sees to it that the days of the events have partitions.
  result<void> ensure_days(std::span<const event_group> groups);
  /// @param stored_before Whether some of the events may be stored already.
  result<std::vector<appended_group>> append_once(std::span<const event_group> groups,
                                                  std::int64_t catalog_revision,
                                                  bool stored_before);
  result<std::vector<appended_group>> append_in_transaction(std::span<const event_group> groups,
                                                            std::int64_t catalog_revision,
                                                            bool stored_before);

  sql::connection connection_;
  payload_encoder encoder_;
  std::set<day> known_days_;
};

}  // namespace talaria::persistence::postgres
