#include "http/page.hpp"

namespace talaria::http {

domain::result<persistence::page_request> take_page(query_parameters& query, std::string_view list,
                                                    const cursor_codec& cursors) {
  persistence::page_request page;
  const auto limit =
      take_limit(query, domain::limits::page_limit_default, domain::limits::page_limit_max);
  if (!limit) {
    return tl::unexpected(limit.error());
  }
  page.limit = *limit;
  if (const auto text = query.take("cursor")) {
    const auto after = cursors.decode(list, *text);
    if (!after) {
      return tl::unexpected(after.error());
    }
    page.after = *after;
  }
  return page;
}

domain::result<persistence::tenant> take_tenant(query_parameters& query, const call& call) {
  persistence::tenant tenant = call.tenant();
  const auto text = query.take("application_id");
  if (!text) {
    return tenant;
  }
  const auto id = domain::parse_uuid(*text);
  if (!id) {
    return domain::fail(domain::ec::invalid_value, "application_id is a UUID.", "/application_id");
  }
  const domain::application_id named{*id};
  if (tenant.application && *tenant.application != named) {
    return domain::fail(domain::ec::forbidden, "The API key is bound to another application.",
                        "/application_id");
  }
  tenant.application = named;
  return tenant;
}

}  // namespace talaria::http
