#pragma once

#include "domain/error.hpp"
#include "domain/event.hpp"

#include <boost/json/value.hpp>

#include <string>
#include <vector>

/// Which events a subscription asks for.
namespace talaria::domain {

/// Reads the patterns of `event_types`, each once.
result<std::vector<std::string>> read_event_types(const boost::json::value& value);

/// Reads the labels that `label_filter` asks for, as `label_value_text` writes their values.
result<labels> read_label_filter(const boost::json::value& value);

}  // namespace talaria::domain
