#pragma once

#include "domain/error.hpp"

#include <boost/json/value.hpp>

#include <cstdint>

namespace talaria::domain {

/// Reads a JSON Schema as `payload_schema` accepts it, and takes out what a validator is not to
/// see.
///
/// @param schema Loses its annotations that some validators evaluate.
/// @returns how many rules it comes to, or as `payload_schema::parse`.
result<std::uint64_t> count_schema_rules(boost::json::value& schema);

}  // namespace talaria::domain
