#include "domain/audit_entry.hpp"
#include "domain/time.hpp"
#include "http/page.hpp"
#include "http/routes.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace talaria::http {
namespace {

namespace json = boost::json;

constexpr std::string_view audit_list = "audit-log";

std::string to_json(const domain::audit_entry& entry) {
  const auto bound = entry.application;
  return json::serialize(json::object{
      {"id", to_string(entry.id)},
      {"at", domain::to_rfc3339(entry.at)},
      {"api_key_id", to_string(entry.key)},
      {"api_key_name", entry.key_name},
      {"application_id", bound ? json::value(to_string(*bound)) : json::value(nullptr)},
      {"method", entry.method},
      {"route", entry.route},
      {"resource", entry.resource},
      {"request_id", entry.request_id},
      {"client_address", entry.client_address},
  });
}

answer list_entries(const route_context& context, const call& call, store_sessions& sessions) {
  return list_page(
      call, audit_list, context.cursors,
      [&](const auto& page) { return sessions.request_log->list(call.tenant(), page); },
      [](std::string& text, const domain::audit_entry& row) { text += to_json(row); },
      [](const domain::audit_entry& row) { return row.id; });
}

}  // namespace

void add_audit_routes(operations& to, const route_context& context) {
  to.add_stored("GET", "/api/v1/audit-log", access::admin,
                [&context](const call& call, store_sessions& sessions) {
                  return list_entries(context, call, sessions);
                });
}

}  // namespace talaria::http
