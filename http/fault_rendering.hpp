#pragma once

#include "supervision/fault.hpp"

#include <boost/json/object.hpp>

namespace talaria::http {

/// Takes a fault out of a body, which is then to be empty.
///
/// @returns what is wrong with the form of a field; whether there can be such a fault is for
/// `supervision::check` to say.
domain::result<supervision::fault_request> read_fault(boost::json::object body);

boost::json::object describe(const supervision::fault& shown);
boost::json::object describe(const supervision::fault_point& shown);

}  // namespace talaria::http
