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
#include <boost/json/serialize.hpp>

namespace talaria::http {
namespace {

using domain::ec;
using domain::fail;
using domain::result;
namespace limits = domain::limits;
namespace json = boost::json;

constexpr std::string_view application_list = "applications";

result<std::string> read_metadata(const json::value& value) {
  if (!value.is_object()) {
    return fail(ec::wrong_type, "The field must be an object.", "/metadata");
  }
  std::string text = json::serialize(value);
  if (text.size() > limits::metadata_bytes_max) {
    return fail(ec::invalid_value, "The metadata has at most 4096 bytes.", "/metadata");
  }
  return text;
}

result<std::optional<std::uint32_t>> read_retention_days(const json::value& value) {
  if (value.is_null()) {
    return std::nullopt;
  }
  if (!value.is_number()) {
    return fail(ec::wrong_type, "The field must be an integer or null.", "/retention_days");
  }
  boost::system::error_code inexact;
  const auto days = value.to_number<std::uint32_t>(inexact);
  if (inexact || days < 1 || days > limits::retention_days_max) {
    return fail(ec::invalid_value, "A retention is 1 to 3650 whole days.", "/retention_days");
  }
  return days;
}

result<void> merge_member(std::string_view key, const json::value& value,
                          domain::application& into) {
  if (key == "name") {
    return assign(read_name(value), into.name);
  }
  if (key == "metadata") {
    return assign(read_metadata(value), into.metadata);
  }
  if (key == "strict_event_types") {
    return assign(domain::read_boolean(value, key), into.strict_event_types);
  }
  if (key == "retention_days") {
    return assign(read_retention_days(value), into.retention_days);
  }
  return fail(ec::unknown_field, "An application has no field of this name.",
              "/" + std::string(key));
}

/// Writes the members of a body into an application.
result<void> merge(const json::object& body, domain::application& into) {
  for (const auto& [key, value] : body) {
    if (auto merged = merge_member(key, value, into); !merged) {
      return merged;
    }
  }
  return {};
}

response show_created(const domain::application& created) {
  return created_response(to_json(created), "/api/v1/applications/" + to_string(created.id));
}

answer create_application(const route_context& context, const call& call,
                          store_sessions& sessions) {
  if (call.who.application) {
    return refuse(ec::forbidden, "The API key is bound to an application.");
  }
  const auto body = parse_json_object(call.request().body);
  if (!body) {
    return refuse(body.error());
  }
  if (!body->contains("name")) {
    return refuse(ec::missing_field, "An application has a name.", "/name");
  }
  domain::application created;
  if (const auto merged = merge(*body, created); !merged) {
    return refuse(merged.error());
  }
  created.created_at = created.updated_at = context.services.now();
  created.id = {fresh_id(created.created_at)};
  created.organization = call.who.organization;
  sessions.will_create(created.id.value);
  const auto stored = sessions.catalog->insert_application(created);
  if (!stored) {
    return refuse(stored.error());
  }
  context.services.gateway.catalog_changed();
  return show_created(created);
}

answer find_created(const call& call, store_sessions& sessions, const domain::uuid& id) {
  const auto found = sessions.catalog->find_application(call.tenant(), {id});
  if (!found) {
    return refuse(found.error());
  }
  return show_created(*found);
}

answer list_applications(const route_context& context, const call& call, store_sessions& sessions) {
  return list_page(
      call, application_list, context.cursors,
      [&](const auto& page) { return sessions.catalog->list_applications(call.tenant(), page); },
      [](std::string& text, const domain::application& row) { text += to_json(row); },
      [](const domain::application& row) { return row.id.value; });
}

result<domain::application> find(const call& call, store_sessions& sessions) {
  const auto id = path_id<domain::application_id>(call.request());
  if (!id) {
    return tl::unexpected(id.error());
  }
  return sessions.catalog->find_application(call.tenant(), *id);
}

answer get_application(const route_context&, const call& call, store_sessions& sessions) {
  const auto found = find(call, sessions);
  if (!found) {
    return refuse(found.error());
  }
  return json_response(200, to_json(*found));
}

answer change_application(const route_context& context, const call& call,
                          store_sessions& sessions) {
  return change_resource(
      call, [&] { return find(call, sessions); }, merge,
      [&](domain::application& changed) -> result<void> {
        changed.updated_at = context.services.now();
        auto stored = sessions.catalog->update_application(call.tenant(), changed);
        if (stored) {
          context.applications.forget();
          context.event_types.forget(changed.id);
          context.services.gateway.catalog_changed();
        }
        return stored;
      },
      [](const domain::application& changed) { return to_json(changed); });
}

answer delete_application(const route_context& context, const call& call,
                          store_sessions& sessions) {
  if (call.who.application) {
    return refuse(ec::forbidden, "The API key is bound to an application.");
  }
  const auto id = path_id<domain::application_id>(call.request());
  if (!id) {
    return refuse(id.error());
  }
  const auto deleted =
      sessions.catalog->delete_application(call.tenant(), *id, context.services.now());
  if (!deleted) {
    return refuse(deleted.error());
  }
  context.applications.forget();
  context.services.gateway.catalog_changed();
  return no_content_response();
}

}  // namespace

void add_application_routes(operations& to, const route_context& context) {
  const std::string all = "/api/v1/applications";
  const std::string one = all + "/{id}";
  to.add_creation("POST", all, access::manage, with_context(context, create_application),
                  find_created);
  to.add_stored("GET", all, access::read, with_context(context, list_applications));
  to.add_stored("GET", one, access::read, with_context(context, get_application));
  to.add_stored("PATCH", one, access::manage, with_context(context, change_application));
  to.add_stored("DELETE", one, access::manage, with_context(context, delete_application));
}

}  // namespace talaria::http
