#include "domain/event.hpp"
#include "domain/json_fields.hpp"
#include "domain/limits.hpp"
#include "domain/payload_schema.hpp"
#include "domain/tenancy.hpp"
#include "http/body_fields.hpp"
#include "http/fresh_id.hpp"
#include "http/json_reader.hpp"
#include "http/page.hpp"
#include "http/rendering.hpp"
#include "http/resource_change.hpp"
#include "http/routes.hpp"

#include <boost/json/object.hpp>

namespace talaria::http {
namespace {

using domain::ec;
using domain::event_type;
using domain::event_type_id;
using domain::fail;
using domain::result;
namespace limits = domain::limits;
namespace json = boost::json;

constexpr std::string_view event_type_list = "event-types";

result<std::string> read_schema(const json::value& value) {
  if (value.is_null()) {
    return std::string();
  }
  std::string text = json::serialize(value);
  if (text.size() > limits::event_type_schema_bytes_max) {
    return fail(ec::too_large, "A schema has at most 32768 bytes.", "/schema");
  }
  if (const auto schema = domain::payload_schema::parse(value); !schema) {
    return tl::unexpected(schema.error());
  }
  return text;
}

result<void> merge_member(std::string_view name, const json::value& value, event_type& into) {
  const bool is_description = name == "description";
  if (!is_description && name != "schema") {
    return fail(ec::unknown_field, "An event type has no field of this name, or it stays as it is.",
                domain::pointer(domain::escaped(name)));
  }
  auto text = is_description ? domain::read_string(value, name, limits::description_bytes_max)
                             : read_schema(value);
  if (!text) {
    return tl::unexpected(text.error());
  }
  (is_description ? into.description : into.schema) = *std::move(text);
  return {};
}

result<void> merge(const json::object& body, event_type& into) {
  for (const auto& [name, value] : body) {
    if (auto merged = merge_member(name, value, into); !merged) {
      return merged;
    }
  }
  return {};
}

result<std::string> take_type_name(json::object& body) {
  const auto name = take_string(body, "name");
  if (!name) {
    return tl::unexpected(name.error());
  }
  if (!*name) {
    return fail(ec::missing_field, "An event type has a name.", "/name");
  }
  if (!domain::is_event_type(**name)) {
    return fail(
        ec::invalid_value,
        "An event type is identifiers of letters, digits, _ and -, separated by full stops, "
        "at most 128 bytes.",
        "/name");
  }
  return **name;
}

std::string to_json(const event_type& type) {
  const bool has_schema = !type.schema.empty();
  return json::serialize(json::object{
      {"id", to_string(type.id)},
      {"application_id", to_string(type.application)},
      {"name", type.name},
      {"description", type.description},
      {"schema", has_schema ? domain::parse_stored_json(type.schema) : json::value(nullptr)},
      {"created_at", domain::to_rfc3339(type.created_at)},
      {"updated_at", domain::to_rfc3339(type.updated_at)},
  });
}

response show_created(const event_type& created) {
  return created_response(to_json(created), "/api/v1/event-types/" + to_string(created.id));
}

answer create_event_type(const route_context& context, const call& call, store_sessions& sessions) {
  auto body = parse_json_object(call.request().body);
  if (!body) {
    return refuse(body.error());
  }
  const auto named = take_application(*body);
  if (!named) {
    return refuse(named.error());
  }
  auto name = take_type_name(*body);
  if (!name) {
    return refuse(name.error());
  }
  event_type created;
  created.name = *std::move(name);
  if (const auto merged = merge(*body, created); !merged) {
    return refuse(merged.error());
  }
  const auto application =
      context.applications.find(call.who, *named, application_use::submit, *sessions.catalog);
  if (!application) {
    return refuse(application.error());
  }
  created.created_at = created.updated_at = context.services.now();
  created.id = {fresh_id(created.created_at)};
  created.organization = call.who.organization;
  created.application = *application;
  sessions.will_create(created.id.value);
  if (const auto stored = sessions.event_types->insert(created); !stored) {
    return refuse(stored.error());
  }
  context.event_types.forget(created.application);
  return show_created(created);
}

answer find_created(const call& call, store_sessions& sessions, const domain::uuid& id) {
  const auto found = sessions.event_types->find(call.tenant(), {id});
  if (!found) {
    return refuse(found.error());
  }
  return show_created(*found);
}

answer list_event_types(const route_context& context, const call& call, store_sessions& sessions) {
  return list_page(
      call, event_type_list, context.cursors,
      [&](const auto& page) { return sessions.event_types->list(call.tenant(), page); },
      [](std::string& text, const event_type& row) { text += to_json(row); },
      [](const event_type& row) { return row.id.value; });
}

result<event_type> find(const call& call, store_sessions& sessions) {
  const auto id = path_id<event_type_id>(call.request());
  if (!id) {
    return tl::unexpected(id.error());
  }
  return sessions.event_types->find(call.tenant(), *id);
}

answer get_event_type(const call& call, store_sessions& sessions) {
  const auto found = find(call, sessions);
  if (!found) {
    return refuse(found.error());
  }
  return json_response(200, to_json(*found));
}

answer change_event_type(const route_context& context, const call& call, store_sessions& sessions) {
  return change_resource(
      call, [&] { return find(call, sessions); }, merge,
      [&](event_type& changed) {
        changed.updated_at = context.services.now();
        auto stored = sessions.event_types->update(call.tenant(), changed);
        context.event_types.forget(changed.application);
        return stored;
      },
      [](const event_type& changed) { return to_json(changed); });
}

answer delete_event_type(const route_context& context, const call& call, store_sessions& sessions) {
  const auto found = find(call, sessions);
  if (!found) {
    return refuse(found.error());
  }
  if (const auto removed = sessions.event_types->remove(call.tenant(), found->id); !removed) {
    return refuse(removed.error());
  }
  context.event_types.forget(found->application);
  return no_content_response();
}

}  // namespace

void add_event_type_routes(operations& to, const route_context& context) {
  const std::string all = "/api/v1/event-types";
  const std::string one = all + "/{id}";
  to.add_creation("POST", all, access::manage, with_context(context, create_event_type),
                  find_created);
  to.add_stored("GET", all, access::read, with_context(context, list_event_types));
  to.add_stored("GET", one, access::read, get_event_type);
  to.add_stored("PATCH", one, access::manage, with_context(context, change_event_type));
  to.add_stored("DELETE", one, access::manage, with_context(context, delete_event_type));
}

}  // namespace talaria::http
