#include "persistence/sql/event_types.hpp"

#include "domain/limits.hpp"
#include "persistence/sql/catalog_statements.hpp"
#include "persistence/sql/paging.hpp"
#include "persistence/sql/statement.hpp"

#include <fmt/format.h>

namespace talaria::persistence::sql {

namespace {

using domain::application_id;
using domain::ec;
using domain::event_type;
using domain::event_type_id;
using domain::organization_id;

using type_row = row<event_type_id, organization_id, application_id, std::string, std::string,
                     std::string, timestamp, timestamp>;

const std::string select_types =
    "select id, organization_id, application_id, name, description, schema, created_us, "
    "updated_us from event_types ";

struct type_reads {
  explicit type_reads(const open_session& open) : open{open} {}

  open_session open;

  query<type_row(event_type_id)> find{open, select_types + "where id = :id::uuid"};

  query<type_row(organization_id, domain::uuid, std::int64_t)> list_of_organization{
      open, select_types +
                "where organization_id = :organization::uuid and id < :before::uuid "
                "order by id desc limit :rows"};

  query<type_row(application_id, organization_id, domain::uuid, std::int64_t)> list_of_application{
      open, select_types +
                "where application_id = :application::uuid "
                "and organization_id = :organization::uuid and id < :before::uuid "
                "order by id desc limit :rows"};

  query<row<bool>(application_id)> is_strict{open, R"(
      select exists(select 1 from applications where id = :id::uuid and strict_event_types = 1))"};

  query<type_row(application_id)> of_application{
      open, select_types + "where application_id = :application::uuid order by name"};
};

struct type_writes {
  explicit type_writes(const open_session& open) : open{open} {}

  open_session open;

  application_search applications{open};

  query<row<std::size_t>(application_id)> count{
      open, "select count(*) from event_types where application_id = :application::uuid"};

  command<event_type_id, organization_id, application_id, std::string, std::string, std::string,
          timestamp>
      insert{open, R"(
      insert into event_types(id, organization_id, application_id, name, description, schema,
                              created_us, updated_us)
      values(:id::uuid, :organization::uuid, :application::uuid, :name, :description, :schema,
             :created, :created)
      on conflict(application_id, name) do nothing)"};

  query<row<organization_id, application_id>(event_type_id)> owner{
      open, "select organization_id, application_id from event_types where id = :id::uuid"};

  command<std::string, std::string, timestamp, event_type_id> update{open, R"(
      update event_types set description = :description, schema = :schema, updated_us = :updated
      where id = :id::uuid)"};

  command<event_type_id> remove{open, "delete from event_types where id = :id::uuid"};
};

tl::unexpected<domain::error> no_such_type() {
  return domain::fail(ec::not_found, "no such event type");
}

event_type to_event_type(const type_row& row) {
  return std::make_from_tuple<event_type>(row);
}

bool sees(type_writes& sql, const tenant& tenant, const event_type_id& id) {
  const auto owner = sql.owner.first(id);
  return owner && tenant.sees(std::get<0>(*owner), std::get<1>(*owner));
}

}  // namespace

result<void> event_types::insert(const event_type& type) {
  return access_->write_catalog<type_writes>([&](type_writes& sql) -> result<void> {
    if (!sql.applications.exists.value(type.application, type.organization))
      return domain::fail(ec::not_found, "no such application");
    if (sql.count.value(type.application) >= domain::limits::event_types_max)
      return domain::fail(ec::quota_exceeded,
                          fmt::format("the application has {} event types, as many as it may have",
                                      domain::limits::event_types_max));
    if (sql.insert(type.id, type.organization, type.application, type.name, type.description,
                   type.schema, type.created_at) == 0)
      return domain::fail(ec::conflict, "the application has an event type of this name", "/name");
    return {};
  });
}

result<event_type> event_types::find(const tenant& tenant, const event_type_id& id) {
  return access_->read<type_reads>([&](type_reads& sql) -> result<event_type> {
    const auto row = sql.find.first(id);
    if (!row || !tenant.sees(std::get<1>(*row), std::get<2>(*row)))
      return no_such_type();
    return to_event_type(*row);
  });
}

result<page_of<event_type>> event_types::list(const tenant& tenant, const page_request& page) {
  return access_->read<type_reads>([&](type_reads& sql) -> result<page_of<event_type>> {
    page_of<event_type> found;
    const auto add = [&](const auto&... columns) {
      return add_row(found, to_event_type(type_row{columns...}), page);
    };
    if (tenant.application)
      sql.list_of_application.each(add, *tenant.application, tenant.organization, before(page),
                                   rows_wanted(page));
    else
      sql.list_of_organization.each(add, tenant.organization, before(page), rows_wanted(page));
    return found;
  });
}

result<void> event_types::update(const tenant& tenant, const event_type& type) {
  return access_->write<type_writes>([&](type_writes& sql) -> result<void> {
    if (!sees(sql, tenant, type.id))
      return no_such_type();
    sql.update(type.description, type.schema, type.updated_at, type.id);
    return {};
  });
}

result<void> event_types::remove(const tenant& tenant, const event_type_id& id) {
  return access_->write<type_writes>([&](type_writes& sql) -> result<void> {
    if (!sees(sql, tenant, id))
      return no_such_type();
    sql.remove(id);
    return {};
  });
}

result<registered_types> event_types::of_application(const application_id& application) {
  return access_->read<type_reads>([&](type_reads& sql) -> result<registered_types> {
    registered_types found{.strict = sql.is_strict.value(application), .types = {}};
    sql.of_application.each(
        [&](const auto&... columns) { found.types.push_back(to_event_type(type_row{columns...})); },
        application);
    return found;
  });
}

}  // namespace talaria::persistence::sql
