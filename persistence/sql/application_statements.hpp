#pragma once

#include "domain/id.hpp"
#include "domain/tenancy.hpp"
#include "persistence/session.hpp"
#include "persistence/sql/catalog_statements.hpp"
#include "persistence/sql/statement.hpp"

#include <optional>
#include <string>

namespace talaria::persistence::sql {

/// Makes applications, and ends them with all that is theirs.
struct application_statements {
  explicit application_statements(const open_session& open) : open{open} {}

  void insert(const domain::application& application);

  /// The name is the organization's to choose: if it is taken, the id makes another one.
  void insert_system_application(const domain::organization_id& organization,
                                 const domain::application_id& id, timestamp now);

  /// @returns whether there was one.
  bool erase(const domain::organization_id& organization, const domain::application_id& id,
             timestamp now);

  open_session open;
  revision_statements revision{open};

  query<row<domain::application_id>(domain::organization_id, std::string)> find_by_name{open, R"(
      select id from applications
      where organization_id = :organization::uuid and name = :name
        and deleted_us is null)"};

private:
  std::string system_name(const domain::organization_id& organization,
                          const domain::application_id& id);

  deletion_statements deletion{open};

  command<domain::application_id, domain::organization_id, std::string, std::string, timestamp,
          timestamp, std::optional<std::uint32_t>, bool, bool>
      insert_row{open, R"(
      insert into applications(id, organization_id, name, metadata, created_us, updated_us,
                               retention_days, is_system, strict_event_types)
      values(:id::uuid, :organization::uuid, :name, :metadata, :created, :updated, :retention,
             :is_system, :strict_event_types))"};

  command<timestamp, domain::application_id, domain::organization_id> mark_deleted{open, R"(
      update applications set deleted_us = :now
      where id = :id::uuid and organization_id = :organization::uuid
        and deleted_us is null)"};

  command<timestamp, std::int64_t, domain::application_id> revoke_keys{open, R"(
      update api_keys set revoked_us = :now, revision = :revision
      where application_id = :application::uuid and revoked_us is null)"};

  command<domain::application_id> delete_event_types{
      open, "delete from event_types where application_id = :application::uuid"};

  query<row<subscription_number>(domain::application_id)> subscriptions{open, R"(
      select number from subscriptions
      where application_id = :application::uuid and deleted_us is null)"};
};

}  // namespace talaria::persistence::sql
