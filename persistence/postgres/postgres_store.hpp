#pragma once

#include "persistence/store.hpp"

namespace talaria::persistence::postgres {

/// As `persistence::open_store`, for the URL of a PostgreSQL server.
result<std::unique_ptr<store>> open(const store_options& options);

}  // namespace talaria::persistence::postgres
