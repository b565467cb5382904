#pragma once

#include "domain/id.hpp"
#include "domain/tenancy.hpp"
#include "persistence/session.hpp"
#include "persistence/sql/statement.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace talaria::persistence::sql {

inline constexpr auto key_columns =
    "id, organization_id, application_id, name, lookup, hash, scopes, created_us, expires_us, "
    "last_used_us";

using key_row = row<domain::api_key_id, domain::organization_id,
                    std::optional<domain::application_id>, std::string, std::string, std::string,
                    std::uint8_t, timestamp, std::optional<timestamp>, std::optional<timestamp>>;

inline domain::api_key to_api_key(key_row row) {
  return std::make_from_tuple<domain::api_key>(std::move(row));
}

struct key_insertion {
  explicit key_insertion(const open_session& open) : open{open} {}

  void operator()(const domain::api_key& key, std::int64_t revision) {
    insert(key.id, key.organization, key.application, key.name, key.lookup, key.hash, key.scopes,
           key.created_at, key.expires_at, revision);
  }

private:
  open_session open;

  command<domain::api_key_id, domain::organization_id, std::optional<domain::application_id>,
          std::string, std::string, std::string, std::uint8_t, timestamp, std::optional<timestamp>,
          std::int64_t>
      insert{open, R"(
      insert into api_keys(id, organization_id, application_id, name, lookup, hash, scopes,
                           created_us, expires_us, revision)
      values(:id::uuid, :organization::uuid, :application::uuid, :name,
             :lookup, :hash, :scopes, :created, :expires, :revision))"};
};

}  // namespace talaria::persistence::sql
