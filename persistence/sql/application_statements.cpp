#include "persistence/sql/application_statements.hpp"

#include <fmt/format.h>

#include <vector>

namespace talaria::persistence::sql {

using domain::application_id;
using domain::organization_id;

void application_statements::insert(const domain::application& application) {
  insert_row(application.id, application.organization, application.name, application.metadata,
             application.created_at, application.updated_at, application.retention_days,
             application.is_system, application.strict_event_types);
  revision.raise();
}

std::string application_statements::system_name(const organization_id& organization,
                                                const application_id& id) {
  constexpr std::string_view name = "system";
  const bool taken = find_by_name.first(organization, std::string{name}).has_value();
  return taken ? fmt::format("{}-{}", name, domain::to_string(id)) : std::string{name};
}

void application_statements::insert_system_application(const organization_id& organization,
                                                       const application_id& id, timestamp now) {
  insert({.id = id,
          .organization = organization,
          .name = system_name(organization, id),
          .metadata = "{}",
          .created_at = now,
          .updated_at = now,
          .retention_days = std::nullopt,
          .is_system = true});
}

bool application_statements::erase(const organization_id& organization, const application_id& id,
                                   timestamp now) {
  if (mark_deleted(now, id, organization) == 0)
    return false;
  const auto raised = revision.raise();
  std::vector<subscription_number> numbers;
  subscriptions.each([&](subscription_number number) { numbers.push_back(number); }, id);
  for (const auto number : numbers)
    deletion.erase(number, raised, now);
  revoke_keys(now, raised, id);
  delete_event_types(id);
  return true;
}

}  // namespace talaria::persistence::sql
