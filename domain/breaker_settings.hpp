#pragma once

#include "domain/circuit_breaker.hpp"
#include "domain/error.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace talaria::domain {

/// Reads the member `circuit_breaker` of a subscription; what it leaves out has its default.
result<circuit_breaker_settings> read_circuit_breaker(const boost::json::value& value);

boost::json::object to_json(const circuit_breaker_settings& settings);

}  // namespace talaria::domain
