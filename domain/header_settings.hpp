#pragma once

#include "domain/error.hpp"

#include <boost/json/value.hpp>

#include <string>
#include <utility>
#include <vector>

namespace talaria::domain {

/// Reads the `headers` of a subscription: those that its owner adds to every request, in their
/// order.
///
/// @returns a fault for a header that HTTP does not allow, or that Talaria sets itself.
result<std::vector<std::pair<std::string, std::string>>> read_headers(
    const boost::json::value& value);

}  // namespace talaria::domain
