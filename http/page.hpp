#pragma once

#include "domain/limits.hpp"
#include "http/cursor.hpp"
#include "http/operation.hpp"
#include "http/query.hpp"
#include "persistence/tenant.hpp"

#include <string>
#include <string_view>

namespace talaria::http {

/// Reads `limit` and `cursor`.
/// @param list Names the list, so that no cursor of another is taken.
domain::result<persistence::page_request> take_page(query_parameters& query, std::string_view list,
                                                    const cursor_codec& cursors);

/// Narrows what the sender sees to the application that it names in `application_id`, if any.
domain::result<persistence::tenant> take_tenant(query_parameters& query, const call& call);

/// `{"data": [...], "next_cursor": ...}`
///
/// @param append Writes a row as JSON: `void(std::string&, const Row&)`.
/// @param id_of The row's place in the list: `domain::uuid(const Row&)`.
template <class Row, class Append, class IdOf>
response page_response(const persistence::page_of<Row>& page, std::string_view list,
                       const cursor_codec& cursors, Append append, IdOf id_of) {
  std::string body = R"({"data":[)";
  for (const Row& row : page.rows) {
    if (&row != page.rows.data()) {
      body += ',';
    }
    append(body, row);
  }
  body += R"(],"next_cursor":)";
  if (page.more && !page.rows.empty()) {
    body += '"' + cursors.encode(list, id_of(page.rows.back())) + '"';
  } else {
    body += "null";
  }
  body += '}';
  return json_response(200, std::move(body));
}

/// Answers a request for a list that has no filters.
///
/// @param read `domain::result<page_of<Row>>(const page_request&)`
template <class Read, class Append, class IdOf>
answer list_page(const call& call, std::string_view list, const cursor_codec& cursors, Read read,
                 Append append, IdOf id_of) {
  auto query = query_parameters::parse(call.request().query);
  if (!query) {
    return refuse(query.error());
  }
  const auto page = take_page(*query, list, cursors);
  if (!page) {
    return refuse(page.error());
  }
  if (const auto all = query->check_all_taken(); !all) {
    return refuse(all.error());
  }
  const auto rows = read(*page);
  if (!rows) {
    return refuse(rows.error());
  }
  return page_response(*rows, list, cursors, append, id_of);
}

}  // namespace talaria::http
