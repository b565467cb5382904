#pragma once

#include "persistence/sqlite/connector.hpp"
#include "persistence/store.hpp"

namespace talaria::persistence::sqlite {

/// As `persistence::migrate_store`, for a file.
result<migration_report> migrate(const settings& settings);

/// Whether the file has the schema of this version of Talaria, or a newer one that serves it.
/// @returns `ec::schema_newer`, or `ec::store_unavailable` with advice if it has an older one or
/// none.
result<void> require_current_schema(const settings& settings);

}  // namespace talaria::persistence::sqlite
