#include "persistence/postgres/place_giver.hpp"

#include <array>
#include <string_view>

namespace talaria::persistence::postgres {

namespace {

using type = array_parameter::type;

/// Locks in the order of the subscriptions, so that appenders wait for each other instead of
/// blocking each other.
constexpr auto hold_sequences_sql = R"(
    select from subscription_sequences where subscription = any($1::int4[])
    order by subscription for update)";

constexpr auto give_places_sql = R"(
    update subscription_sequences s set last_sequence = s.last_sequence + wanted.places
    from unnest($1::int4[], $2::int8[]) as wanted(subscription, places)
    where s.subscription = wanted.subscription
    returning s.subscription, s.last_sequence)";

}  // namespace

place_statements::place_statements(const sql::open_session& open)
    : hold{open, hold_sequences_sql}, give{open, give_places_sql} {
}

place_giver::place_giver(place_statements& sql, std::span<const new_event* const> events) {
  for (const auto* added : events) {
    for (const auto& target : added->fan_out) {
      if (target.ordering == domain::ordering::fifo)
        ++wanted_[target.subscription];
    }
  }
  if (!wanted_.empty())
    take(sql);
}

std::optional<std::int64_t> place_giver::next(const delivery_target& target) {
  const auto found = next_.find(target.subscription);
  if (target.ordering == domain::ordering::parallel || found == next_.end())
    return std::nullopt;
  return found->second++;
}

void place_giver::take(place_statements& sql) {
  array_parameter subscriptions{type::int4};
  array_parameter counts{type::int8};
  for (const auto& [number, count] : wanted_) {
    subscriptions.add(static_cast<std::int32_t>(domain::to_integer(number)));
    counts.add(count);
  }
  const std::array<std::string_view, 2> parameters{subscriptions.finish(), counts.finish()};
  sql.hold(std::span{parameters}.first(1));
  const auto given = sql.give(parameters);
  for (std::size_t row = 0; row < given.size(); ++row) {
    const subscription_number number{static_cast<std::uint32_t>(given.number(row, 0))};
    next_[number] = given.number(row, 1) - wanted_.at(number) + 1;
  }
}

}  // namespace talaria::persistence::postgres
