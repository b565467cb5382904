#include "persistence/sql/catalog.hpp"

#include "persistence/sql/catalog_statements.hpp"
#include "persistence/sql/paging.hpp"

#include <fmt/format.h>

#include <utility>

namespace talaria::persistence::sql {

namespace {

using domain::api_key_id;
using domain::application_id;
using domain::ec;
using domain::organization_id;

using application_row = row<application_id, organization_id, std::string, std::string, timestamp,
                            timestamp, std::optional<std::uint32_t>, bool>;

using key_row = row<api_key_id, organization_id, std::optional<application_id>, std::string,
                    std::string, std::string, std::uint32_t, timestamp, std::optional<timestamp>>;

struct application_reads {
  explicit application_reads(const open_session& open) : open{open} {}

  open_session open;

  query<key_row(std::string)> find_keys{open, R"(
      select id, organization_id, application_id, name, lookup, hash, scopes, created_us, expires_us
      from api_keys where lookup = :lookup order by id)"};

  query<row<std::string>()> installation_key{open, "select key from installation"};

  query<application_row(application_id)> find{open, R"(
      select id, organization_id, name, metadata, created_us, updated_us, retention_days, is_system
      from applications where id = :id::uuid and deleted_us is null)"};

  query<application_row(organization_id, std::string)> find_by_name{open, R"(
      select id, organization_id, name, metadata, created_us, updated_us, retention_days, is_system
      from applications
      where organization_id = :organization::uuid and name = :name
        and deleted_us is null)"};

  query<application_row(organization_id, domain::uuid, std::int64_t)> list{open, R"(
      select id, organization_id, name, metadata, created_us, updated_us, retention_days, is_system
      from applications
      where organization_id = :organization::uuid and id < :before::uuid
        and deleted_us is null
      order by id desc limit :rows)"};
};

struct application_writes {
  explicit application_writes(const open_session& open) : open{open} {}

  open_session open;
  revision_statements revision{open};
  deletion_statements deletion{open};

  query<row<bool>()> any_organization{open, "select exists(select 1 from organizations)"};

  command<organization_id, std::string, timestamp> insert_organization{open, R"(
      insert into organizations(id, name, created_us) values(:id::uuid, :name, :created))"};

  command<api_key_id, organization_id, std::optional<application_id>, std::string, std::string,
          std::string, std::uint32_t, timestamp, std::optional<timestamp>>
      insert_key{open, R"(
      insert into api_keys(id, organization_id, application_id, name, lookup, hash, scopes,
                           created_us, expires_us)
      values(:id::uuid, :organization::uuid, :application::uuid, :name,
             :lookup, :hash, :scopes, :created, :expires))"};

  command<application_id, organization_id, std::string, std::string, timestamp, timestamp,
          std::optional<std::uint32_t>, bool>
      insert_application{open, R"(
      insert into applications(id, organization_id, name, metadata, created_us, updated_us,
                               retention_days, is_system)
      values(:id::uuid, :organization::uuid, :name, :metadata, :created, :updated, :retention,
             :is_system))"};

  query<row<organization_id>()> without_system_application{open, R"(
      select id from organizations o
      where not exists(select 1 from applications a
                       where a.organization_id = o.id and a.is_system = 1)
      order by id)"};

  query<row<bool>(application_id, organization_id)> is_system{open, R"(
      select exists(select 1 from applications
                    where id = :id::uuid and organization_id = :organization::uuid
                      and is_system = 1))"};

  query<row<application_id>(organization_id, std::string)> find_by_name{open, R"(
      select id from applications
      where organization_id = :organization::uuid and name = :name
        and deleted_us is null)"};

  command<std::string, std::string, std::optional<std::uint32_t>, timestamp, application_id,
          organization_id>
      update{open, R"(
      update applications set name = :name, metadata = :metadata, retention_days = :retention,
                              updated_us = :updated
      where id = :id::uuid and organization_id = :organization::uuid
        and deleted_us is null)"};

  command<timestamp, application_id, organization_id> mark_deleted{open, R"(
      update applications set deleted_us = :now
      where id = :id::uuid and organization_id = :organization::uuid
        and deleted_us is null)"};

  command<application_id> delete_keys{
      open, "delete from api_keys where application_id = :application::uuid"};

  query<row<subscription_number>(application_id)> subscriptions{open, R"(
      select number from subscriptions
      where application_id = :application::uuid and deleted_us is null)"};
};

tl::unexpected<domain::error> no_such_application() {
  return domain::fail(ec::not_found, "no such application");
}

tl::unexpected<domain::error> name_taken() {
  return domain::fail(ec::conflict, "the organization has an application of this name", "/name");
}

/// The application, if the tenant has it.
result<domain::application> to_application(const tenant& tenant,
                                           std::optional<application_row> row) {
  if (!row)
    return no_such_application();
  auto application = std::make_from_tuple<domain::application>(*std::move(row));
  if (!tenant.sees(application.organization, application.id))
    return no_such_application();
  return application;
}

void insert(application_writes& sql, const domain::application& application) {
  sql.insert_application(application.id, application.organization, application.name,
                         application.metadata, application.created_at, application.updated_at,
                         application.retention_days, application.is_system);
  sql.revision.raise();
}

/// The name is the organization's to choose: if it is taken, the id makes another one.
std::string system_name(application_writes& sql, const organization_id& organization,
                        const domain::uuid& id) {
  constexpr std::string_view name = "system";
  const bool taken = sql.find_by_name.first(organization, std::string{name}).has_value();
  return taken ? fmt::format("{}-{}", name, domain::to_string(id)) : std::string{name};
}

void insert_system_application(application_writes& sql, const organization_id& organization,
                               const domain::uuid& id, timestamp now) {
  insert(sql, {.id = {id},
               .organization = organization,
               .name = system_name(sql, organization, id),
               .metadata = "{}",
               .created_at = now,
               .updated_at = now,
               .retention_days = std::nullopt,
               .is_system = true});
}

}  // namespace

result<bool> catalog::bootstrap(const domain::organization& organization,
                                const domain::application& application,
                                const domain::api_key& key) {
  return access_->write_catalog<application_writes>([&](application_writes& sql) -> result<bool> {
    if (sql.any_organization.value())
      return false;
    sql.insert_organization(organization.id, organization.name, organization.created_at);
    insert(sql, application);
    sql.insert_key(key.id, key.organization, key.application, key.name, key.lookup, key.hash,
                   key.scopes, key.created_at, key.expires_at);
    return true;
  });
}

result<std::string> catalog::installation_key() {
  return access_->read<application_reads>(
      [&](application_reads& sql) -> result<std::string> { return sql.installation_key.value(); });
}

result<std::size_t> catalog::ensure_system_applications(
    timestamp now, const std::function<domain::uuid()>& new_id) {
  return access_->write_catalog<application_writes>(
      [&](application_writes& sql) -> result<std::size_t> {
        std::vector<organization_id> lacking;
        sql.without_system_application.each(
            [&](const organization_id& id) { lacking.push_back(id); });
        for (const auto& organization : lacking)
          insert_system_application(sql, organization, new_id(), now);
        return lacking.size();
      });
}

result<std::vector<domain::api_key>> catalog::find_api_keys(std::string_view lookup) {
  const auto read = [&](application_reads& sql) -> result<std::vector<domain::api_key>> {
    std::vector<domain::api_key> keys;
    sql.find_keys.each(
        [&](const api_key_id& id, const organization_id& organization,
            const std::optional<application_id>& application, const std::string& name,
            const std::string& key_lookup, const std::string& hash, std::uint32_t scopes,
            timestamp created_at, std::optional<timestamp> expires_at) {
          keys.push_back({id, organization, application, name, key_lookup, hash,
                          static_cast<std::uint8_t>(scopes), created_at, expires_at});
        },
        std::string{lookup});
    return keys;
  };
  return access_->read<application_reads>(read);
}

result<void> catalog::insert_application(const domain::application& application) {
  return access_->write_catalog<application_writes>([&](application_writes& sql) -> result<void> {
    if (sql.find_by_name.first(application.organization, application.name))
      return name_taken();
    insert(sql, application);
    return {};
  });
}

result<domain::application> catalog::find_application(const tenant& tenant,
                                                      const application_id& id) {
  return access_->read<application_reads>(
      [&](application_reads& sql) -> result<domain::application> {
        return to_application(tenant, sql.find.first(id));
      });
}

result<domain::application> catalog::find_application_by_name(const tenant& tenant,
                                                              std::string_view name) {
  return access_->read<application_reads>(
      [&](application_reads& sql) -> result<domain::application> {
        return to_application(tenant,
                              sql.find_by_name.first(tenant.organization, std::string{name}));
      });
}

result<page_of<domain::application>> catalog::list_applications(const tenant& tenant,
                                                                const page_request& page) {
  const auto read = [&](application_reads& sql) -> result<page_of<domain::application>> {
    page_of<domain::application> found;
    if (tenant.application) {
      auto only = to_application(tenant, sql.find.first(*tenant.application));
      if (only && only->id.value < before(page))
        add_row(found, *std::move(only), page);
      return found;
    }
    sql.list.each(
        [&](auto&... columns) {
          return add_row(found, domain::application{std::move(columns)...}, page);
        },
        tenant.organization, before(page), rows_wanted(page));
    return found;
  };
  return access_->read<application_reads>(read);
}

result<void> catalog::update_application(const tenant& tenant,
                                         const domain::application& application) {
  if (!tenant.sees(tenant.organization, application.id))
    return no_such_application();
  return access_->write_catalog<application_writes>([&](application_writes& sql) -> result<void> {
    const auto named = sql.find_by_name.first(tenant.organization, application.name);
    if (named && std::get<0>(*named) != application.id)
      return name_taken();
    if (sql.update(application.name, application.metadata, application.retention_days,
                   application.updated_at, application.id, tenant.organization) == 0)
      return no_such_application();
    sql.revision.raise();
    return {};
  });
}

result<void> catalog::delete_application(const tenant& tenant, const application_id& id,
                                         timestamp now) {
  if (!tenant.sees(tenant.organization, id))
    return no_such_application();
  return access_->write_catalog<application_writes>([&](application_writes& sql) -> result<void> {
    if (sql.is_system.value(id, tenant.organization))
      return domain::fail(ec::conflict, "the system application cannot be deleted");
    if (sql.mark_deleted(now, id, tenant.organization) == 0)
      return no_such_application();
    const auto revision = sql.revision.raise();
    std::vector<subscription_number> numbers;
    sql.subscriptions.each([&](subscription_number number) { numbers.push_back(number); }, id);
    for (const auto number : numbers)
      sql.deletion.erase(number, revision, now);
    sql.delete_keys(id);
    return {};
  });
}

}  // namespace talaria::persistence::sql
