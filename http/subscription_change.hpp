#pragma once

#include "domain/subscription.hpp"
#include "http/routes.hpp"

#include <boost/json/object.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

/// What the operations on one subscription have in common.
namespace talaria::http {

/// The subscription in the path.
domain::result<domain::subscription> find_subscription(const call& call, store_sessions& sessions);

/// With its version as `ETag`.
response subscription_response(unsigned status, const domain::subscription& subscription,
                               domain::timestamp now);

/// What is wrong with the request's `If-Match`, if anything: RFC 9110, section 13.1.1.
std::optional<problem> check_match(const call& call, const domain::subscription& current);

using subscription_change = std::function<domain::result<void>(domain::subscription&)>;

/// Reads the subscription in the path, changes it and writes it, again if somebody else wrote in
/// between; `change` is then called again.
/// @returns it as it is now.
answer change_subscription(const route_context& context, const call& call, store_sessions& sessions,
                           const subscription_change& change);

std::string fresh_key(domain::signature_scheme scheme);

/// The key that the member `secret` of a body gives; a fresh one if there was none.
domain::result<std::string> read_key(const std::optional<std::string>& secret,
                                     domain::signature_scheme scheme);

}  // namespace talaria::http
