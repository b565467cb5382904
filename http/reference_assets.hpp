#pragma once

#include <string_view>

namespace talaria::http {

/// The files of http/reference/, as they were when this was built.
std::string_view reference_style();
std::string_view reference_script();

}  // namespace talaria::http
