#pragma once

#include "persistence/event_appender.hpp"
#include "persistence/postgres/native_statement.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <span>

namespace talaria::persistence::postgres {

struct place_statements {
  explicit place_statements(const sql::open_session& open);

  native_statement hold;
  native_statement give;
};

/// The next places of the ordered subscriptions among some events' targets, in the order of the
/// events. No other appender gives places of these subscriptions before the transaction in which
/// it is made has ended.
class place_giver {
public:
  /// @throws soci::soci_error
  place_giver(place_statements& sql, std::span<const new_event* const> events);

  /// @returns nothing if the target is not ordered.
  std::optional<std::int64_t> next(const delivery_target& target);

private:
  void take(place_statements& sql);

  std::map<subscription_number, std::int64_t> wanted_;
  std::map<subscription_number, std::int64_t> next_;
};

}  // namespace talaria::persistence::postgres
