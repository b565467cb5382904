#pragma once

#include "persistence/session.hpp"
#include "persistence/sql/statement.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace talaria::persistence::sql {

/// Gives deliveries of ordered subscriptions their places. Whoever gives places of a subscription
/// keeps others from it until the commit.
struct sequence_statements {
  explicit sequence_statements(const open_session& open) : open{open} {
    if (const auto plan = open.speaks.plan_for_many_rows(); !plan.empty())
      plan_for_many_rows.emplace(open, std::string{plan});
  }

  /// @returns nothing if the subscription never was ordered.
  std::optional<std::int64_t> next(subscription_number number) {
    const auto given = give(1, number);
    return given ? std::optional{std::get<0>(*given)} : std::nullopt;
  }

  /// From now on deliveries get places; those that are pending get theirs at once.
  void begin(subscription_number number) {
    start(number);
    place_pending(number);
  }

  /// Places what was committed without a place: by an append that did not know of the order yet.
  /// @returns how many.
  std::size_t place_pending(subscription_number number) {
    const auto last = give(0, number);
    if (!last)
      return 0;
    if (plan_for_many_rows)
      (*plan_for_many_rows)();
    const auto placed = place(std::get<0>(*last), number);
    give(static_cast<std::int64_t>(placed), number);
    return placed;
  }

private:
  using given = std::optional<row<std::int64_t>>;

  given give(std::int64_t places, subscription_number number) {
    return give_places.first(places, number);
  }

  open_session open;

  std::optional<command<>> plan_for_many_rows;

  command<subscription_number> start{open, R"(
      insert into subscription_sequences(subscription, last_sequence) values(:subscription, 0)
      on conflict(subscription) do nothing)"};

  query<row<std::int64_t>(std::int64_t, subscription_number)> give_places{open, R"(
      update subscription_sequences set last_sequence = last_sequence + :places
      where subscription = :subscription returning last_sequence)"};

  command<std::int64_t, subscription_number> place{open, R"(
      update delivery_queue set sequence = :last + numbered.place
      from (select event_id, row_number() over (order by event_id) as place
            from delivery_queue
            where subscription = :subscription and sequence is null) numbered
      where delivery_queue.subscription = :subscription
        and delivery_queue.event_id = numbered.event_id)"};
};

}  // namespace talaria::persistence::sql
