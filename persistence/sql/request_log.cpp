#include "persistence/sql/request_log.hpp"

#include "persistence/sql/paging.hpp"
#include "persistence/sql/statement.hpp"

namespace talaria::persistence::sql {

namespace {

using domain::application_id;
using domain::audit_entry;
using domain::organization_id;

using entry_row =
    row<domain::uuid, organization_id, std::optional<application_id>, domain::api_key_id,
        std::string, std::string, std::string, std::string, std::string, std::string, timestamp>;

const std::string select_entries =
    "select id, organization_id, application_id, api_key_id, api_key_name, method, route, "
    "resource, request_id, client_address, at_us from audit_entries ";

struct log_reads {
  explicit log_reads(const open_session& open) : open{open} {}

  open_session open;

  query<entry_row(organization_id, domain::uuid, std::int64_t)> list{
      open, select_entries +
                "where organization_id = :organization::uuid and id < :before::uuid "
                "order by id desc limit :rows"};

  query<entry_row(organization_id, application_id, domain::uuid, std::int64_t)> list_bound{
      open, select_entries +
                "where organization_id = :organization::uuid "
                "and application_id = :application::uuid and id < :before::uuid "
                "order by id desc limit :rows"};

  query<row<domain::uuid, domain::uuid, timestamp>(organization_id, domain::uuid, timestamp)>
      creation{open, R"(
      select body_hash, resource_id, expires_us from creations
      where organization_id = :organization::uuid and key_hash = :key::uuid
        and expires_us > :now)"};
};

struct log_writes {
  explicit log_writes(const open_session& open) : open{open} {}

  open_session open;

  command<organization_id, domain::uuid> commit_creation{open, R"(
      update creations set expires_us = expires_us
      where organization_id = :organization::uuid and key_hash = :key::uuid)"};
};

}  // namespace

result<page_of<audit_entry>> request_log::list(const tenant& tenant, const page_request& page) {
  return access_->read<log_reads>([&](log_reads& sql) -> result<page_of<audit_entry>> {
    page_of<audit_entry> found;
    const auto add = [&](auto&... columns) {
      return add_row(found, audit_entry{std::move(columns)...}, page);
    };
    if (tenant.application)
      sql.list_bound.each(add, tenant.organization, *tenant.application, before(page),
                          rows_wanted(page));
    else
      sql.list.each(add, tenant.organization, before(page), rows_wanted(page));
    return found;
  });
}

result<std::optional<creation>> request_log::find_creation(const organization_id& organization,
                                                           const domain::uuid& key_hash,
                                                           timestamp now) {
  auto found = access_->read<log_reads>([&](log_reads& sql) -> result<std::optional<creation>> {
    const auto row = sql.creation.first(organization, key_hash, now);
    if (!row)
      return std::nullopt;
    const auto& [body_hash, resource, expires_at] = *row;
    return creation{.organization = organization,
                    .key_hash = key_hash,
                    .body_hash = body_hash,
                    .resource = resource,
                    .created_at = {},
                    .expires_at = expires_at};
  });
  if (!found || !*found)
    return found;
  // Only a commit waits for standbys, and the one that noted this may have been ended before any of
  // them had it.
  const auto committed = access_->write<log_writes>([&](log_writes& sql) -> result<void> {
    sql.commit_creation(organization, key_hash);
    return {};
  });
  if (!committed)
    return tl::unexpected(committed.error());
  return found;
}

}  // namespace talaria::persistence::sql
