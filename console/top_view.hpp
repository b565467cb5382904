#pragma once

#include "console/screen.hpp"
#include "console/top_model.hpp"
#include <cstddef>
#include <string>

namespace talaria::console {

/// How many actors fit on a screen of this height; at least one.
std::size_t table_rows(std::size_t height);

/// @param server What is looked at, in the title.
screen draw(const top_model& model, const std::string& server, std::size_t width,
            std::size_t height);

}  // namespace talaria::console
