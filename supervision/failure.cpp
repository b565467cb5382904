#include "supervision/failure.hpp"

#include <caf/all.hpp>

namespace talaria::supervision {

std::string describe(const caf::error& reason) {
  if (reason == caf::sec::runtime_error && reason.context().match_elements<std::string>()) {
    auto text = reason.context().get_as<std::string>(0);
    // Whoever reads it takes an empty one for no failure at all.
    if (!text.empty())
      return text;
  }
  return caf::to_string(reason);
}

}  // namespace talaria::supervision
