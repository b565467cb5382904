#pragma once

#include "domain/error.hpp"

#include <cstddef>
#include <string_view>

namespace talaria::domain {

/// How many X.509 certificates a PEM text holds, each of which can be read.
///
/// @returns `ec::invalid_value` if there is none, or if any part of the text is damaged. `field` is
/// left empty.
result<std::size_t> count_certificates(std::string_view pem);

}  // namespace talaria::domain
