#include "domain/json_fields.hpp"
#include "domain/limits.hpp"
#include "domain/tenancy.hpp"
#include "http/body_fields.hpp"
#include "http/fresh_id.hpp"
#include "http/json_reader.hpp"
#include "http/page.hpp"
#include "http/rendering.hpp"
#include "http/resource_change.hpp"
#include "http/routes.hpp"

#include <boost/json/object.hpp>

#include <array>

namespace talaria::http {
namespace {

using domain::ec;
using domain::fail;
using domain::organization;
using domain::organization_id;
using domain::organization_limits;
using domain::result;
namespace limits = domain::limits;
namespace json = boost::json;

constexpr std::string_view organization_list = "organizations";

struct limit_field {
  std::string_view name;
  std::optional<std::uint32_t> organization_limits::*value;
};
constexpr std::array limit_fields{
    limit_field{"requests_per_minute", &organization_limits::requests_per_minute},
    limit_field{"events_per_second", &organization_limits::events_per_second},
    limit_field{"subscriptions_max", &organization_limits::subscriptions_max},
    limit_field{"pending_deliveries_max", &organization_limits::pending_deliveries_max},
};

result<void> merge_limit(std::string_view name, const json::value& value,
                         organization_limits& into) {
  const auto found = std::ranges::find(limit_fields, name, &limit_field::name);
  if (found == limit_fields.end()) {
    return fail(ec::unknown_field, "An organization has no field of this name.",
                domain::pointer(domain::escaped(name)));
  }
  if (value.is_null()) {
    (into.*found->value).reset();
    return {};
  }
  const auto number = domain::read_integer(value, name, 0, limits::organization_limit_max);
  if (!number) {
    return tl::unexpected(number.error());
  }
  into.*found->value = static_cast<std::uint32_t>(*number);
  return {};
}

result<void> merge(const json::object& body, organization& into) {
  for (const auto& [key, value] : body) {
    if (key != "name") {
      if (auto merged = merge_limit(key, value, into.limits); !merged) {
        return merged;
      }
      continue;
    }
    auto name = read_name(value);
    if (!name) {
      return tl::unexpected(name.error());
    }
    into.name = *std::move(name);
  }
  return {};
}

std::string to_json(const organization& organization, const organization_limits& general) {
  const auto effective = domain::overlaid(organization.limits, general);
  json::object in_force;
  json::object shown{{"id", to_string(organization.id)},
                     {"name", organization.name},
                     {"operator", organization.is_operator}};
  for (const auto& [name, member] : limit_fields) {
    const auto own = organization.limits.*member;
    shown[name] = own ? json::value(*own) : json::value(nullptr);
    in_force[name] = (effective.*member).value_or(0);
  }
  shown["limits_in_force"] = std::move(in_force);
  shown["created_at"] = domain::to_rfc3339(organization.created_at);
  shown["updated_at"] = domain::to_rfc3339(organization.updated_at);
  return json::serialize(shown);
}

/// Those of others exist for the operator alone.
bool sees(const principal& who, const organization_id& id) {
  return id == who.organization || who.operates();
}

class organization_operations {
public:
  explicit organization_operations(const route_context& context) : context_(context) {}

  answer create(const call& call, store_sessions& sessions) const {
    const auto body = parse_json_object(call.request().body);
    if (!body) {
      return refuse(body.error());
    }
    if (!body->contains("name")) {
      return refuse(ec::missing_field, "An organization has a name.", "/name");
    }
    organization created;
    if (const auto merged = merge(*body, created); !merged) {
      return refuse(merged.error());
    }
    const domain::timestamp now = context_.services.now();
    created.created_at = created.updated_at = now;
    created.id = {fresh_id(now)};
    const domain::application first{.id = {fresh_id(now)},
                                    .organization = created.id,
                                    .name = "default",
                                    .metadata = "{}",
                                    .created_at = now,
                                    .updated_at = now};
    sessions.will_create(created.id.value);
    const auto stored = sessions.tenants->insert_organization(created, first, {fresh_id(now)});
    if (!stored) {
      return refuse(stored.error());
    }
    context_.services.gateway.catalog_changed();
    return show_created(created);
  }

  answer find_created(const call&, store_sessions& sessions, const domain::uuid& id) const {
    const auto found = sessions.tenants->find_organization({id});
    if (!found) {
      return refuse(found.error());
    }
    return show_created(*found);
  }

  answer list(const call& call, store_sessions& sessions) const {
    return list_page(
        call, organization_list, context_.cursors,
        [&](const persistence::page_request& page) { return read_page(call, sessions, page); },
        [this](std::string& text, const organization& row) { text += show(row); },
        [](const organization& row) { return row.id.value; });
  }

  answer get(const call& call, store_sessions& sessions) const {
    const auto found = find(call, sessions);
    if (!found) {
      return refuse(found.error());
    }
    return json_response(200, show(*found));
  }

  answer change(const call& call, store_sessions& sessions) const {
    return change_resource(
        call, [&] { return find(call, sessions); }, merge,
        [&](organization& changed) {
          changed.updated_at = context_.services.now();
          auto stored = sessions.tenants->update_organization(changed);
          context_.keys.forget_organization(changed.id);
          return stored;
        },
        [this](const organization& changed) { return show(changed); });
  }

  answer remove(const call& call, store_sessions& sessions) const {
    const auto id = path_id<organization_id>(call.request());
    if (!id) {
      return refuse(id.error());
    }
    const auto deleted = sessions.tenants->delete_organization(*id, context_.services.now());
    if (!deleted) {
      return refuse(deleted.error());
    }
    context_.keys.forget_organization(*id);
    context_.applications.forget();
    context_.services.gateway.catalog_changed();
    return no_content_response();
  }

private:
  std::string show(const organization& organization) const {
    return to_json(organization, context_.services.limits);
  }

  response show_created(const organization& created) const {
    return created_response(show(created), "/api/v1/organizations/" + to_string(created.id));
  }

  static result<organization> find(const call& call, store_sessions& sessions) {
    const auto id = path_id<organization_id>(call.request());
    if (!id) {
      return tl::unexpected(id.error());
    }
    if (!sees(call.who, *id)) {
      return fail(ec::not_found, "There is no such organization.");
    }
    return sessions.tenants->find_organization(*id);
  }

  static result<persistence::page_of<organization>> read_page(
      const call& call, store_sessions& sessions, const persistence::page_request& page) {
    if (call.who.operates()) {
      return sessions.tenants->list_organizations(page);
    }
    auto own = sessions.tenants->find_organization(call.who.organization);
    if (!own) {
      return tl::unexpected(own.error());
    }
    persistence::page_of<organization> only;
    if (!page.after || own->id.value < *page.after) {
      only.rows.push_back(*std::move(own));
    }
    return only;
  }

  const route_context& context_;
};

}  // namespace

void add_organization_routes(operations& to, const route_context& context) {
  const auto shared = std::make_shared<const organization_operations>(context);
  const auto calling = [shared](auto member) {
    return [=](const call& call, store_sessions& sessions, const auto&... arguments) {
      return ((*shared).*member)(call, sessions, arguments...);
    };
  };
  using all = organization_operations;
  const std::string path = "/api/v1/organizations";
  const std::string one = path + "/{id}";
  to.add_creation("POST", path, access::operate, calling(&all::create),
                  calling(&all::find_created));
  to.add_stored("GET", path, access::admin, calling(&all::list));
  to.add_stored("GET", one, access::admin, calling(&all::get));
  to.add_stored("PATCH", one, access::operate, calling(&all::change));
  to.add_stored("DELETE", one, access::operate, calling(&all::remove));
}

}  // namespace talaria::http
