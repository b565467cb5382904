#pragma once

#include "persistence/postgres/database.hpp"
#include "persistence/store.hpp"

namespace talaria::persistence::postgres {

/// As `persistence::migrate_store`, for a database: all steps in one transaction, which waits for
/// those of other processes.
result<migration_report> migrate(const std::string& url);

/// Whether the database has the schema of this version of Talaria, or a newer one that serves it.
/// @returns `ec::schema_newer`, or `ec::store_unavailable` with advice if it has an older one or
/// none.
result<void> require_current_schema(database& database);

/// Whether the server keeps what it has committed.
/// @returns `ec::store_unavailable` naming the setting that says otherwise, and what may be lost.
result<void> require_durability(database& database);

}  // namespace talaria::persistence::postgres
