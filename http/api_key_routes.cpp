#include "domain/json_fields.hpp"
#include "domain/limits.hpp"
#include "domain/tenancy.hpp"
#include "http/api_key.hpp"
#include "http/body_fields.hpp"
#include "http/fresh_id.hpp"
#include "http/json_reader.hpp"
#include "http/page.hpp"
#include "http/rendering.hpp"
#include "http/resource_change.hpp"
#include "http/routes.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <array>
#include <span>

namespace talaria::http {
namespace {

using domain::api_key;
using domain::api_key_id;
using domain::ec;
using domain::fail;
using domain::result;
namespace json = boost::json;

constexpr std::string_view key_list = "api-keys";

template <class Id>
result<Id> read_id(const json::value& value, std::string_view field) {
  const auto text = domain::read_string(value, field, domain::limits::name_bytes_max);
  if (!text) {
    return tl::unexpected(text.error());
  }
  const auto id = domain::parse_uuid(*text);
  if (!id) {
    return fail(ec::invalid_value, "The field must be a UUID.", domain::pointer(field));
  }
  return Id{*id};
}

result<std::uint8_t> read_scopes(const json::value& value) {
  if (!value.is_array()) {
    return fail(ec::wrong_type, "The field must be an array of scopes.", "/scopes");
  }
  std::uint8_t scopes = 0;
  std::size_t index = 0;
  for (const json::value& element : value.get_array()) {
    const std::string field = "scopes/" + std::to_string(index++);
    const auto text = domain::read_string(element, field, domain::limits::name_bytes_max);
    if (!text) {
      return tl::unexpected(text.error());
    }
    const auto scope = domain::parse_scope(*text);
    if (!scope) {
      return fail(ec::invalid_value, "A scope is ingest, read, manage or admin.",
                  domain::pointer(field));
    }
    scopes |= domain::bit_of(*scope);
  }
  if (scopes == 0) {
    return fail(ec::invalid_value, "A key has at least one scope.", "/scopes");
  }
  return scopes;
}

result<std::optional<domain::timestamp>> read_expiry(const json::value& value,
                                                     domain::timestamp now) {
  if (value.is_null()) {
    return std::nullopt;
  }
  const auto text = domain::read_string(value, "expires_at", domain::limits::name_bytes_max);
  if (!text) {
    return tl::unexpected(text.error());
  }
  const auto time = domain::parse_rfc3339(*text);
  if (!time || *time <= now) {
    return fail(ec::invalid_value, "The field must be a time of RFC 3339 that is to come.",
                "/expires_at");
  }
  return *time;
}

/// What may be changed later.
result<void> merge_member(std::string_view name, const json::value& value, domain::timestamp now,
                          api_key& into) {
  if (name == "name") {
    return assign(read_name(value), into.name);
  }
  if (name == "expires_at") {
    return assign(read_expiry(value, now), into.expires_at);
  }
  return fail(ec::unknown_field, "An API key has no field of this name, or it cannot be changed.",
              domain::pointer(domain::escaped(name)));
}

/// What is settled when the key is made.
result<void> read_member(std::string_view name, const json::value& value, domain::timestamp now,
                         api_key& into) {
  if (name == "scopes") {
    return assign(read_scopes(value), into.scopes);
  }
  if (name == "organization_id") {
    return assign(read_id<domain::organization_id>(value, name), into.organization);
  }
  if (name == "application_id") {
    auto id = read_id<domain::application_id>(value, name);
    return id ? assign<std::optional<domain::application_id>>(*id, into.application)
              : tl::unexpected(id.error());
  }
  return merge_member(name, value, now, into);
}

/// Nobody makes a key that may do more than their own.
result<void> check_grant(const principal& who, const api_key& wanted) {
  const bool may_make_foreign = who.operates() && who.allows(domain::scope::admin);
  if (wanted.organization != who.organization && !may_make_foreign) {
    return fail(ec::forbidden, "The API key cannot make keys for another organization.",
                "/organization_id");
  }
  if (who.application && wanted.application != who.application) {
    return fail(ec::forbidden, "The API key is bound to an application: so are those it makes.",
                "/application_id");
  }
  if (!domain::includes(who.scopes, wanted.scopes)) {
    return fail(ec::forbidden, "An API key cannot grant a scope that it does not have.", "/scopes");
  }
  return {};
}

json::object describe(const api_key& key) {
  json::array scopes;
  for (const domain::scope scope : domain::all_scopes()) {
    if ((key.scopes & domain::bit_of(scope)) != 0) {
      scopes.emplace_back(to_string(scope));
    }
  }
  const auto bound = key.application;
  const auto prefix = api_key_prefix(key.lookup);
  return {{"id", to_string(key.id)},
          {"organization_id", to_string(key.organization)},
          {"application_id", bound ? json::value(to_string(*bound)) : json::value(nullptr)},
          {"name", key.name},
          {"prefix", prefix ? json::value(*prefix) : json::value(nullptr)},
          {"scopes", std::move(scopes)},
          {"expires_at", time_or_null(key.expires_at)},
          {"last_used_at", time_or_null(key.last_used_at)},
          {"created_at", domain::to_rfc3339(key.created_at)}};
}

/// With the key itself, this once.
std::string describe(const api_key& key, const std::string& text) {
  auto shown = describe(key);
  shown["key"] = text;
  return json::serialize(shown);
}

class api_key_operations {
public:
  explicit api_key_operations(const route_context& context) : context_(context) {}

  answer create(const call& call, store_sessions& sessions) const {
    const auto body = parse_json_object(call.request().body);
    if (!body) {
      return refuse(body.error());
    }
    auto wanted = read(*body, call.who);
    if (!wanted) {
      return refuse(wanted.error());
    }
    if (const auto granted = check_grant(call.who, *wanted); !granted) {
      return refuse(granted.error());
    }
    const std::string text = renew(*wanted);
    sessions.will_create(wanted->id.value);
    const auto stored = sessions.tenants->insert_api_key(*wanted);
    if (!stored) {
      return refuse(not_found_field(stored.error(), *wanted, call.who));
    }
    return created_response(describe(*wanted, text), location_of(*wanted));
  }

  /// Without the key, which nobody has kept.
  answer find_created(const call& call, store_sessions& sessions, const domain::uuid& id) const {
    const auto found = sessions.tenants->find_api_key(call.tenant(), {id});
    if (!found) {
      return refuse(found.error());
    }
    return created_response(json::serialize(describe(*found)), location_of(*found));
  }

  answer list(const call& call, store_sessions& sessions) const {
    return list_page(
        call, key_list, context_.cursors,
        [&](const auto& page) { return sessions.tenants->list_api_keys(call.tenant(), page); },
        [](std::string& text, const api_key& row) { text += json::serialize(describe(row)); },
        [](const api_key& row) { return row.id.value; });
  }

  answer get(const call& call, store_sessions& sessions) const {
    const auto found = find(call, sessions);
    if (!found) {
      return refuse(found.error());
    }
    return json_response(200, json::serialize(describe(*found)));
  }

  answer change(const call& call, store_sessions& sessions) const {
    return change_resource(
        call, [&] { return find_for_change(call, sessions); },
        [this](const json::object& body, api_key& into) -> result<void> {
          for (const auto& [name, value] : body) {
            if (auto merged = merge_member(name, value, context_.services.now(), into); !merged) {
              return merged;
            }
          }
          return {};
        },
        [&](const api_key& changed) { return store(call, sessions, changed); },
        [](const api_key& changed) { return json::serialize(describe(changed)); });
  }

  answer rotate(const call& call, store_sessions& sessions) const {
    auto found = find_for_change(call, sessions);
    if (!found) {
      return refuse(found.error());
    }
    const std::string text = renew(*found);
    if (const auto stored = store(call, sessions, *found); !stored) {
      return refuse(stored.error());
    }
    return json_response(200, describe(*found, text));
  }

  answer revoke(const call& call, store_sessions& sessions) const {
    const auto found = find_for_change(call, sessions);
    if (!found) {
      return refuse(found.error());
    }
    const auto revoked =
        sessions.tenants->revoke_api_key(call.tenant(), found->id, context_.services.now());
    if (!revoked) {
      return refuse(revoked.error());
    }
    context_.keys.forget(std::span{&found->id, 1});
    return no_content_response();
  }

private:
  static std::string location_of(const api_key& key) {
    return "/api/v1/api-keys/" + to_string(key.id);
  }

  result<api_key> read(const json::object& body, const principal& who) const {
    const domain::timestamp now = context_.services.now();
    api_key wanted;
    wanted.id = {fresh_id(now)};
    wanted.organization = who.organization;
    wanted.application = who.application;
    wanted.created_at = now;
    for (const auto& [name, value] : body) {
      if (auto merged = read_member(name, value, now, wanted); !merged) {
        return tl::unexpected(merged.error());
      }
    }
    for (const char* required : {"name", "scopes"}) {
      if (!body.contains(required)) {
        return fail(ec::missing_field, "An API key has a name and scopes.",
                    domain::pointer(required));
      }
    }
    return wanted;
  }

  /// @returns the key's new text.
  static std::string renew(api_key& key) {
    auto made = make_api_key().value();
    key.lookup = std::move(made.lookup);
    key.hash = std::move(made.hash);
    return std::move(made.key);
  }

  static domain::error not_found_field(domain::error error, const api_key& wanted,
                                       const principal& who) {
    if (error.code == ec::not_found) {
      const bool foreign = wanted.organization != who.organization && !wanted.application;
      return {ec::invalid_value, "There is no such organization or application.",
              foreign ? "/organization_id" : "/application_id"};
    }
    return error;
  }

  static result<api_key> find(const call& call, store_sessions& sessions) {
    const auto id = path_id<api_key_id>(call.request());
    if (!id) {
      return tl::unexpected(id.error());
    }
    return sessions.tenants->find_api_key(call.tenant(), *id);
  }

  /// A key that may do more than the caller's is not the caller's to change.
  static result<api_key> find_for_change(const call& call, store_sessions& sessions) {
    auto found = find(call, sessions);
    if (found && !domain::includes(call.who.scopes, found->scopes)) {
      return fail(ec::forbidden, "The API key has scopes that the caller's does not have.");
    }
    return found;
  }

  result<void> store(const call& call, store_sessions& sessions, const api_key& changed) const {
    auto stored = sessions.tenants->update_api_key(call.tenant(), changed);
    if (stored) {
      context_.keys.forget(std::span{&changed.id, 1});
    }
    return stored;
  }

  const route_context& context_;
};

}  // namespace

void add_api_key_routes(operations& to, const route_context& context) {
  const auto shared = std::make_shared<const api_key_operations>(context);
  const auto calling = [shared](auto member) {
    return [=](const call& call, store_sessions& sessions, const auto&... arguments) {
      return ((*shared).*member)(call, sessions, arguments...);
    };
  };
  using all = api_key_operations;
  const std::string path = "/api/v1/api-keys";
  const std::string one = path + "/{id}";
  to.add_creation("POST", path, access::manage, calling(&all::create), calling(&all::find_created));
  to.add_stored("GET", path, access::manage, calling(&all::list));
  to.add_stored("GET", one, access::manage, calling(&all::get));
  to.add_stored("PATCH", one, access::manage, calling(&all::change));
  to.add_stored("POST", one + "/rotate", access::manage, calling(&all::rotate));
  to.add_stored("DELETE", one, access::manage, calling(&all::revoke));
}

}  // namespace talaria::http
