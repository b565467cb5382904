#include "bench/report/numbers.hpp"

#include <fmt/format.h>

namespace talaria::bench {

std::string short_number(double value) {
  if (value < 100)
    return fmt::format("{:.3g}", value);
  const auto digits = fmt::format("{:.0f}", value);
  std::string grouped;
  for (std::size_t place = 0; place < digits.size(); ++place) {
    if (place > 0 && (digits.size() - place) % 3 == 0)
      grouped += ',';
    grouped += digits[place];
  }
  return grouped;
}

}  // namespace talaria::bench
