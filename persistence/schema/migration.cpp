#include "persistence/schema/migration.hpp"

#include <fmt/format.h>

namespace talaria::persistence::schema {

using domain::ec;
using domain::fail;

domain::result<void> require_known(std::int64_t version, std::int64_t newest) {
  if (version > newest)
    return fail(ec::schema_newer,
                fmt::format("the database has schema {}, this version of Talaria knows schemas up "
                            "to {}: use the version that migrated it, or a later one",
                            version, newest));
  return {};
}

domain::result<void> require_current(std::int64_t version, std::int64_t newest) {
  if (version < newest)
    return fail(ec::store_unavailable,
                fmt::format("the database has schema {}, this version of Talaria needs {}: run "
                            "`talaria migrate`",
                            version, newest));
  return require_known(version, newest);
}

}  // namespace talaria::persistence::schema
