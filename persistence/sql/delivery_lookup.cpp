#include "persistence/sql/delivery_lookup.hpp"

#include <algorithm>

namespace talaria::persistence::sql {

std::vector<known_application> delivery_lookup::applications(const sight& sight) {
  std::vector<known_application> found;
  applications_.each(
      [&](const domain::application_id& id, std::optional<std::uint32_t> retention_days) {
        if (sight.of.sees(sight.of.organization, id))
          found.push_back({id, sight.first_kept(retention_days)});
      },
      sight.of.organization);
  return found;
}

std::vector<subscription_number> delivery_lookup::subscriptions(
    const domain::application_id& application) {
  std::vector<subscription_number> found;
  subscriptions_.each([&](subscription_number number) { found.push_back(number); }, application);
  return found;
}

std::optional<known_event> delivery_lookup::event(const sight& sight, const domain::event_id& id) {
  auto row = event_.first(id);
  if (!row)
    return std::nullopt;
  auto& [application, organization, retention_days, type, received_at, priority, targets] = *row;
  if (!sight.of.sees(organization, application))
    return std::nullopt;
  if (id < sight.first_kept(retention_days) && !has_pending(id, targets.numbers))
    return std::nullopt;
  return known_event{application, std::move(type), received_at, priority,
                     std::move(targets.numbers)};
}

bool delivery_lookup::has_pending(const domain::event_id& event,
                                  const std::vector<subscription_number>& fan_out) {
  return std::any_of(fan_out.begin(), fan_out.end(), [&](subscription_number number) {
    return pending_.first(number, event).has_value();
  });
}

std::optional<known_subscription> delivery_lookup::subscription(const sight& sight,
                                                                subscription_number number) {
  return known(sight, by_number_.first(number));
}

std::optional<known_subscription> delivery_lookup::subscription(const sight& sight,
                                                                const domain::subscription_id& id) {
  return known(sight, by_id_.first(id));
}

std::optional<known_subscription> delivery_lookup::known(
    const sight& sight, const std::optional<subscription_columns>& row) {
  if (!row)
    return std::nullopt;
  const auto& [number, id, application, organization, deleted, retention_days] = *row;
  if (!sight.of.sees(organization, application))
    return std::nullopt;
  return known_subscription{number, id, deleted, sight.first_kept(retention_days)};
}

std::optional<delivery_state> delivery_lookup::state(const domain::delivery_id& id) {
  if (auto pending = pending_state(id))
    return pending;
  if (auto ended = ended_state(id))
    return ended;
  // Somebody may have made it pending between the two looks.
  return pending_state(id);
}

std::optional<delivery_state> delivery_lookup::pending_state(const domain::delivery_id& id) {
  const auto row = pending_.first(id.subscription, id.event);
  if (!row)
    return std::nullopt;
  const auto& [due, attempts] = *row;
  return delivery_state{domain::delivery_status::pending, attempts, due, std::nullopt};
}

std::optional<delivery_state> delivery_lookup::ended_state(const domain::delivery_id& id) {
  const auto row = final_.first(id.event, id.subscription);
  if (!row)
    return std::nullopt;
  const auto& [status, number, started_at, duration, sequence] = *row;
  auto state = ended(status, number, started_at, duration);
  state.sequence = sequence;
  return state;
}

}  // namespace talaria::persistence::sql
