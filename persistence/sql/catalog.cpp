#include "persistence/sql/catalog.hpp"

#include "persistence/sql/application_statements.hpp"
#include "persistence/sql/key_row.hpp"
#include "persistence/sql/paging.hpp"

#include <utility>

namespace talaria::persistence::sql {

namespace {

using domain::application_id;
using domain::ec;
using domain::organization_id;

using application_row = row<application_id, organization_id, std::string, std::string, timestamp,
                            timestamp, std::optional<std::uint32_t>, bool, bool>;

const std::string select_applications =
    "select id, organization_id, name, metadata, created_us, updated_us, retention_days, "
    "is_system, strict_event_types from applications ";

struct application_reads {
  explicit application_reads(const open_session& open) : open{open} {}

  open_session open;

  query<row<std::string>()> installation_key{open, "select key from installation"};

  query<application_row(application_id)> find{
      open, select_applications + "where id = :id::uuid and deleted_us is null"};

  query<application_row(organization_id, std::string)> find_by_name{
      open, select_applications +
                "where organization_id = :organization::uuid and name = :name "
                "and deleted_us is null"};

  query<application_row(organization_id, domain::uuid, std::int64_t)> list{
      open, select_applications +
                "where organization_id = :organization::uuid "
                "and id < :before::uuid and deleted_us is null "
                "order by id desc limit :rows"};
};

struct application_writes {
  explicit application_writes(const open_session& open) : open{open} {}

  open_session open;
  application_statements applications{open};

  query<row<bool>()> any_organization{open, "select exists(select 1 from organizations)"};

  command<organization_id, std::string, timestamp, timestamp> insert_organization{open, R"(
      insert into organizations(id, name, created_us, updated_us, is_operator)
      values(:id::uuid, :name, :created, :updated, 1))"};

  key_insertion insert_key{open};

  query<row<organization_id>()> without_system_application{open, R"(
      select id from organizations o
      where deleted_us is null
        and not exists(select 1 from applications a
                       where a.organization_id = o.id and a.is_system = 1)
      order by id)"};

  query<row<bool>(application_id, organization_id)> is_system{open, R"(
      select exists(select 1 from applications
                    where id = :id::uuid and organization_id = :organization::uuid
                      and is_system = 1))"};

  command<std::string, std::string, std::optional<std::uint32_t>, bool, timestamp, application_id,
          organization_id>
      update{open, R"(
      update applications set name = :name, metadata = :metadata, retention_days = :retention,
                              strict_event_types = :strict_event_types, updated_us = :updated
      where id = :id::uuid and organization_id = :organization::uuid
        and deleted_us is null)"};
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

}  // namespace

result<bool> catalog::bootstrap(const domain::organization& organization,
                                const domain::application& application,
                                const domain::api_key& key) {
  return access_->write_catalog<application_writes>([&](application_writes& sql) -> result<bool> {
    if (sql.any_organization.value())
      return false;
    sql.insert_organization(organization.id, organization.name, organization.created_at,
                            organization.updated_at);
    sql.applications.insert(application);
    sql.insert_key(key, sql.applications.revision.current.value());
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
          sql.applications.insert_system_application(organization, {new_id()}, now);
        return lacking.size();
      });
}

result<void> catalog::insert_application(const domain::application& application) {
  return access_->write_catalog<application_writes>([&](application_writes& sql) -> result<void> {
    if (sql.applications.find_by_name.first(application.organization, application.name))
      return name_taken();
    sql.applications.insert(application);
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
    const auto named = sql.applications.find_by_name.first(tenant.organization, application.name);
    if (named && std::get<0>(*named) != application.id)
      return name_taken();
    if (sql.update(application.name, application.metadata, application.retention_days,
                   application.strict_event_types, application.updated_at, application.id,
                   tenant.organization) == 0)
      return no_such_application();
    sql.applications.revision.raise();
    return {};
  });
}

result<void> catalog::delete_application(const tenant& tenant, const application_id& id,
                                         timestamp now) {
  if (!tenant.sees(tenant.organization, id))
    return no_such_application();
  return access_->write_catalog_patiently<application_writes>(
      [&](application_writes& sql) -> result<void> {
        if (sql.is_system.value(id, tenant.organization))
          return domain::fail(ec::conflict, "the system application cannot be deleted");
        if (!sql.applications.erase(tenant.organization, id, now))
          return no_such_application();
        return {};
      });
}

}  // namespace talaria::persistence::sql
