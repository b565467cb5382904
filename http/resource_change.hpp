#pragma once

#include "http/json_reader.hpp"
#include "http/operation.hpp"

#include <utility>

namespace talaria::http {

/// Answers a request whose body says what is to become of a resource: finds it, writes what the
/// body says into it, stores it, and shows it as it is then. Nothing is stored if the body is
/// wrong.
///
/// @param find `domain::result<Resource>()`
/// @param merge `domain::result<void>(const boost::json::object&, Resource&)`
/// @param store `domain::result<void>(Resource&)`
/// @param show `std::string(const Resource&)`
template <class Find, class Merge, class Store, class Show>
answer change_resource(const call& call, Find find, Merge merge, Store store, Show show) {
  const auto body = parse_json_object(call.request().body);
  if (!body) {
    return refuse(body.error());
  }
  auto found = find();
  if (!found) {
    return refuse(found.error());
  }
  if (const domain::result<void> merged = merge(*body, *found); !merged) {
    return refuse(merged.error());
  }
  if (const domain::result<void> stored = store(*found); !stored) {
    return refuse(stored.error());
  }
  return json_response(200, show(*found));
}

}  // namespace talaria::http
