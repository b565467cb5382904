#pragma once

#include <string_view>

namespace talaria::http {

/// The text of docs/openapi.json, which the build puts into the binary.
std::string_view openapi_document();

}  // namespace talaria::http
