#include "persistence/sql/delivery_lookup.hpp"

namespace talaria::persistence::sql {

std::vector<domain::application_id> delivery_lookup::applications(const tenant& tenant) {
  std::vector<domain::application_id> found;
  applications_.each(
      [&](const domain::application_id& id) {
        if (tenant.sees(tenant.organization, id))
          found.push_back(id);
      },
      tenant.organization);
  return found;
}

std::vector<subscription_number> delivery_lookup::subscriptions(
    const domain::application_id& application) {
  std::vector<subscription_number> found;
  subscriptions_.each([&](subscription_number number) { found.push_back(number); }, application);
  return found;
}

std::optional<known_event> delivery_lookup::event(const tenant& tenant,
                                                  const domain::event_id& id) {
  auto row = event_.first(id);
  if (!row)
    return std::nullopt;
  auto& [application, organization, type, received_at, priority, targets] = *row;
  if (!tenant.sees(organization, application))
    return std::nullopt;
  return known_event{application, std::move(type), received_at, priority,
                     std::move(targets.numbers)};
}

std::optional<known_subscription> delivery_lookup::subscription(const tenant& tenant,
                                                                subscription_number number) {
  return known(tenant, by_number_.first(number));
}

std::optional<known_subscription> delivery_lookup::subscription(const tenant& tenant,
                                                                const domain::subscription_id& id) {
  return known(tenant, by_id_.first(id));
}

std::optional<known_subscription> delivery_lookup::known(
    const tenant& tenant, const std::optional<subscription_columns>& row) {
  if (!row)
    return std::nullopt;
  const auto& [number, id, application, organization, deleted] = *row;
  if (!tenant.sees(organization, application))
    return std::nullopt;
  return known_subscription{number, id, deleted};
}

std::optional<delivery_state> delivery_lookup::state(const domain::delivery_id& id) {
  if (const auto row = pending_.first(id.subscription, id.event)) {
    const auto& [due, attempts] = *row;
    return delivery_state{domain::delivery_status::pending, attempts, due, std::nullopt};
  }
  if (const auto row = final_.first(id.event, id.subscription)) {
    const auto& [status, number, started_at, duration] = *row;
    return ended(status, number, started_at, duration);
  }
  return std::nullopt;
}

}  // namespace talaria::persistence::sql
