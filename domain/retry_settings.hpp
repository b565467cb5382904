#pragma once

#include "domain/error.hpp"
#include "domain/retry_schedule.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace talaria::domain {

/// Reads the `retry` of a subscription, in either of its forms.
result<retry_schedule> read_retry(const boost::json::value& value);

/// In the form that it was given in.
boost::json::object to_json(const retry_schedule& schedule);

}  // namespace talaria::domain
