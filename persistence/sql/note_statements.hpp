#pragma once

#include "domain/audit_entry.hpp"
#include "domain/id.hpp"
#include "persistence/sql/statement.hpp"
#include "persistence/write_note.hpp"

namespace talaria::persistence::sql {

/// Writes down who made a change.
struct note_statements {
  explicit note_statements(const open_session& open) : open{open} {}

  /// @returns `ec::idempotency_conflict` if something was created under the note's key before.
  result<void> write(const write_note& note) {
    if (note.creation && !write(*note.creation))
      return domain::fail(domain::ec::idempotency_conflict, "the idempotency key is in use");
    if (note.audit)
      write(*note.audit);
    return {};
  }

private:
  bool write(const creation& made) {
    return insert_creation(made.organization, made.key_hash, made.body_hash, made.resource,
                           made.expires_at, made.created_at) == 1;
  }

  void write(const domain::audit_entry& entry) {
    insert_entry(entry.id, entry.organization, entry.application, entry.key, entry.key_name,
                 entry.method, entry.route, entry.resource, entry.request_id, entry.client_address,
                 entry.at);
  }

  open_session open;

  command<domain::organization_id, domain::uuid, domain::uuid, domain::uuid, timestamp, timestamp>
      insert_creation{open, R"(
      insert into creations(organization_id, key_hash, body_hash, resource_id, expires_us)
      values(:organization::uuid, :key::uuid, :body::uuid, :resource::uuid, :expires)
      on conflict(organization_id, key_hash) do update
      set body_hash = excluded.body_hash, resource_id = excluded.resource_id,
          expires_us = excluded.expires_us
      where creations.expires_us <= :now)"};

  command<domain::uuid, domain::organization_id, std::optional<domain::application_id>,
          domain::api_key_id, std::string, std::string, std::string, std::string, std::string,
          std::string, timestamp>
      insert_entry{open, R"(
      insert into audit_entries(id, organization_id, application_id, api_key_id, api_key_name,
                                method, route, resource, request_id, client_address, at_us)
      values(:id::uuid, :organization::uuid, :application::uuid, :key::uuid, :key_name, :method,
             :route, :resource, :request, :client, :at))"};
};

}  // namespace talaria::persistence::sql
