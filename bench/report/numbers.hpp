#pragma once

#include <string>

namespace talaria::bench {

/// Three digits, or all before the point, in groups: 0.42 or 8,412.
std::string short_number(double value);

}  // namespace talaria::bench
