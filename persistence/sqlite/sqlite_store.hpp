#pragma once

#include "persistence/sqlite/connector.hpp"
#include "persistence/store.hpp"

#include <memory>

namespace talaria::persistence::sqlite {

/// As `persistence::open_store`, for a file.
result<std::unique_ptr<store>> open(const settings& settings, const store_options& options);

}  // namespace talaria::persistence::sqlite
