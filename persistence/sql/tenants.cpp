#include "persistence/sql/tenants.hpp"

#include "persistence/sql/application_statements.hpp"
#include "persistence/sql/key_row.hpp"
#include "persistence/sql/paging.hpp"

#include <fmt/format.h>

#include <utility>

namespace talaria::persistence::sql {

namespace {

using domain::api_key_id;
using domain::application_id;
using domain::ec;
using domain::organization_id;

using optional_limit = std::optional<std::uint32_t>;
using organization_row = row<organization_id, std::string, timestamp, timestamp, optional_limit,
                             optional_limit, optional_limit, optional_limit, bool>;

const std::string select_organizations =
    "select id, name, created_us, updated_us, requests_per_minute, events_per_second, "
    "subscriptions_max, pending_deliveries_max, is_operator from organizations ";

const std::string select_keys = fmt::format("select {} from api_keys ", key_columns);

domain::organization to_organization(const organization_row& row) {
  const auto& [id, name, created_at, updated_at, requests, events, subscriptions, pending,
               is_operator] = row;
  return {.id = id,
          .name = name,
          .created_at = created_at,
          .updated_at = updated_at,
          .limits = {requests, events, subscriptions, pending},
          .is_operator = is_operator};
}

struct tenant_reads {
  explicit tenant_reads(const open_session& open) : open{open} {}

  open_session open;
  revision_statements revision{open};

  query<organization_row(organization_id)> find_organization{
      open, select_organizations + "where id = :id::uuid and deleted_us is null"};

  query<organization_row(domain::uuid, std::int64_t)> list_organizations{
      open, select_organizations +
                "where id < :before::uuid and deleted_us is null "
                "order by id desc limit :rows"};

  query<key_row(std::string)> keys_by_lookup{
      open, select_keys + "where lookup = :lookup and revoked_us is null order by id"};

  query<key_row(api_key_id)> find_key{open,
                                      select_keys + "where id = :id::uuid and revoked_us is null"};

  query<key_row(organization_id, domain::uuid, std::int64_t)> list_keys{
      open, select_keys +
                "where organization_id = :organization::uuid and id < :before::uuid "
                "and revoked_us is null order by id desc limit :rows"};

  query<key_row(organization_id, application_id, domain::uuid, std::int64_t)> list_bound_keys{
      open, select_keys +
                "where organization_id = :organization::uuid "
                "and application_id = :application::uuid and id < :before::uuid "
                "and revoked_us is null order by id desc limit :rows"};

  query<row<api_key_id>(std::int64_t)> changed_keys{
      open, "select id from api_keys where revision > :revision order by revision"};
};

struct organization_writes {
  explicit organization_writes(const open_session& open) : open{open} {}

  open_session open;
  application_statements applications{open};

  query<row<organization_id>(std::string)> find_by_name{
      open, "select id from organizations where name = :name and deleted_us is null"};

  command<organization_id, std::string, timestamp, optional_limit, optional_limit, optional_limit,
          optional_limit>
      insert{open, R"(
      insert into organizations(id, name, created_us, updated_us, requests_per_minute,
                                events_per_second, subscriptions_max, pending_deliveries_max)
      values(:id::uuid, :name, :created, :created, :requests, :events, :subscriptions, :pending))"};

  command<std::string, timestamp, optional_limit, optional_limit, optional_limit, optional_limit,
          organization_id>
      update{open, R"(
      update organizations
      set name = :name, updated_us = :updated, requests_per_minute = :requests,
          events_per_second = :events, subscriptions_max = :subscriptions,
          pending_deliveries_max = :pending
      where id = :id::uuid and deleted_us is null)"};

  query<row<bool>(organization_id)> is_operator{open, R"(
      select exists(select 1 from organizations where id = :id::uuid and is_operator = 1))"};

  command<timestamp, organization_id> mark_deleted{open, R"(
      update organizations set deleted_us = :now where id = :id::uuid and deleted_us is null)"};

  query<row<application_id>(organization_id)> applications_of{open, R"(
      select id from applications
      where organization_id = :organization::uuid and deleted_us is null)"};

  command<std::int64_t, organization_id> touch_keys{open, R"(
      update api_keys set revision = :revision
      where organization_id = :organization::uuid and revoked_us is null)"};

  command<timestamp, std::int64_t, organization_id> revoke_keys{open, R"(
      update api_keys set revoked_us = :now, revision = :revision
      where organization_id = :organization::uuid and revoked_us is null)"};
};

struct key_writes {
  explicit key_writes(const open_session& open) : open{open} {}

  open_session open;
  revision_statements revision{open};
  key_insertion insert{open};

  query<row<bool>(organization_id)> has_organization{open, R"(
      select exists(select 1 from organizations
                    where id = :organization::uuid and deleted_us is null))"};

  application_search applications{open};

  query<row<std::optional<application_id>>(api_key_id, organization_id)> find{open, R"(
      select application_id from api_keys
      where id = :id::uuid and organization_id = :organization::uuid and revoked_us is null)"};

  command<std::string, std::string, std::string, std::optional<timestamp>, std::int64_t, api_key_id>
      update{open, R"(
      update api_keys
      set name = :name, lookup = :lookup, hash = :hash, expires_us = :expires,
          revision = :revision
      where id = :id::uuid)"};

  command<timestamp, std::int64_t, api_key_id> revoke{open, R"(
      update api_keys set revoked_us = :now, revision = :revision where id = :id::uuid)"};
};

struct use_writes {
  explicit use_writes(const open_session& open) : open{open} {}

  open_session open;

  command<timestamp, api_key_id> record{open, R"(
      update api_keys set last_used_us = :used
      where id = :id::uuid and coalesce(last_used_us, 0) < :used)"};
};

tl::unexpected<domain::error> no_such_organization() {
  return domain::fail(ec::not_found, "no such organization");
}

tl::unexpected<domain::error> no_such_key() {
  return domain::fail(ec::not_found, "no such API key");
}

tl::unexpected<domain::error> name_taken() {
  return domain::fail(ec::conflict, "there is an organization of this name", "/name");
}

/// A tenant that is bound to an application has the keys of that application.
bool sees_key_of(const tenant& tenant, const std::optional<application_id>& application) {
  return !tenant.application || tenant.application == application;
}

bool sees_key(key_writes& sql, const tenant& tenant, const api_key_id& id) {
  const auto found = sql.find.first(id, tenant.organization);
  return found && sees_key_of(tenant, std::get<0>(*found));
}

}  // namespace

result<void> tenants::insert_organization(const domain::organization& organization,
                                          const domain::application& first,
                                          const application_id& system) {
  return access_->write_catalog<organization_writes>([&](organization_writes& sql) -> result<void> {
    if (sql.find_by_name.first(organization.name))
      return name_taken();
    const auto& limits = organization.limits;
    sql.insert(organization.id, organization.name, organization.created_at,
               limits.requests_per_minute, limits.events_per_second, limits.subscriptions_max,
               limits.pending_deliveries_max);
    sql.applications.insert(first);
    sql.applications.insert_system_application(organization.id, system, organization.created_at);
    return {};
  });
}

result<domain::organization> tenants::find_organization(const organization_id& id) {
  return access_->read<tenant_reads>([&](tenant_reads& sql) -> result<domain::organization> {
    const auto row = sql.find_organization.first(id);
    if (!row)
      return no_such_organization();
    return to_organization(*row);
  });
}

result<page_of<domain::organization>> tenants::list_organizations(const page_request& page) {
  return access_->read<tenant_reads>(
      [&](tenant_reads& sql) -> result<page_of<domain::organization>> {
        page_of<domain::organization> found;
        sql.list_organizations.each(
            [&](const auto&... columns) {
              return add_row(found, to_organization(organization_row{columns...}), page);
            },
            before(page), rows_wanted(page));
        return found;
      });
}

result<void> tenants::update_organization(const domain::organization& organization) {
  return access_->write_catalog<organization_writes>([&](organization_writes& sql) -> result<void> {
    const auto named = sql.find_by_name.first(organization.name);
    if (named && std::get<0>(*named) != organization.id)
      return name_taken();
    const auto& limits = organization.limits;
    if (sql.update(organization.name, organization.updated_at, limits.requests_per_minute,
                   limits.events_per_second, limits.subscriptions_max,
                   limits.pending_deliveries_max, organization.id) == 0)
      return no_such_organization();
    sql.touch_keys(sql.applications.revision.raise(), organization.id);
    return {};
  });
}

result<void> tenants::delete_organization(const organization_id& id, timestamp now) {
  return access_->write_catalog_patiently<organization_writes>(
      [&](organization_writes& sql) -> result<void> {
        if (sql.is_operator.value(id))
          return domain::fail(ec::conflict, "the operator's organization cannot be deleted");
        if (sql.mark_deleted(now, id) == 0)
          return no_such_organization();
        std::vector<application_id> ended;
        sql.applications_of.each([&](const application_id& each) { ended.push_back(each); }, id);
        for (const auto& application : ended)
          sql.applications.erase(id, application, now);
        sql.revoke_keys(now, sql.applications.revision.raise(), id);
        return {};
      });
}

result<std::vector<domain::api_key>> tenants::find_api_keys(std::string_view lookup) {
  return access_->read<tenant_reads>(
      [&](tenant_reads& sql) -> result<std::vector<domain::api_key>> {
        std::vector<domain::api_key> keys;
        sql.keys_by_lookup.each(
            [&](const auto&... columns) { keys.push_back(to_api_key(key_row{columns...})); },
            std::string{lookup});
        return keys;
      });
}

result<void> tenants::insert_api_key(const domain::api_key& key) {
  return access_->write_catalog<key_writes>([&](key_writes& sql) -> result<void> {
    if (!sql.has_organization.value(key.organization))
      return no_such_organization();
    if (key.application && !sql.applications.exists.value(*key.application, key.organization))
      return domain::fail(ec::not_found, "no such application");
    sql.insert(key, sql.revision.raise());
    return {};
  });
}

result<domain::api_key> tenants::find_api_key(const tenant& tenant, const api_key_id& id) {
  return access_->read<tenant_reads>([&](tenant_reads& sql) -> result<domain::api_key> {
    auto row = sql.find_key.first(id);
    if (!row)
      return no_such_key();
    auto key = to_api_key(*std::move(row));
    if (key.organization != tenant.organization || !sees_key_of(tenant, key.application))
      return no_such_key();
    return key;
  });
}

result<page_of<domain::api_key>> tenants::list_api_keys(const tenant& tenant,
                                                        const page_request& page) {
  return access_->read<tenant_reads>([&](tenant_reads& sql) -> result<page_of<domain::api_key>> {
    page_of<domain::api_key> found;
    const auto add = [&](const auto&... columns) {
      return add_row(found, to_api_key(key_row{columns...}), page);
    };
    if (tenant.application)
      sql.list_bound_keys.each(add, tenant.organization, *tenant.application, before(page),
                               rows_wanted(page));
    else
      sql.list_keys.each(add, tenant.organization, before(page), rows_wanted(page));
    return found;
  });
}

result<void> tenants::update_api_key(const tenant& tenant, const domain::api_key& key) {
  return access_->write_catalog<key_writes>([&](key_writes& sql) -> result<void> {
    if (!sees_key(sql, tenant, key.id))
      return no_such_key();
    sql.update(key.name, key.lookup, key.hash, key.expires_at, sql.revision.raise(), key.id);
    return {};
  });
}

result<void> tenants::revoke_api_key(const tenant& tenant, const api_key_id& id, timestamp now) {
  return access_->write_catalog<key_writes>([&](key_writes& sql) -> result<void> {
    if (!sees_key(sql, tenant, id))
      return no_such_key();
    sql.revoke(now, sql.revision.raise(), id);
    return {};
  });
}

result<key_changes> tenants::changes_since(std::int64_t revision) {
  return access_->read<tenant_reads>([&](tenant_reads& sql) -> result<key_changes> {
    key_changes changes{.revision = sql.revision.current.value(), .keys = {}};
    sql.changed_keys.each([&](const api_key_id& id) { changes.keys.push_back(id); }, revision);
    return changes;
  });
}

result<void> tenants::record_key_uses(std::span<const key_use> uses) {
  return access_->write<use_writes>([&](use_writes& sql) -> result<void> {
    for (const auto& [key, at] : uses)
      sql.record(at, key);
    return {};
  });
}

}  // namespace talaria::persistence::sql
