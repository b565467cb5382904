#include "persistence/schema/migration.hpp"

#include <fmt/format.h>

namespace talaria::persistence::schema {

using domain::ec;
using domain::fail;

domain::result<void> require_served(const applied_schema& schema, std::int64_t newest) {
  if (schema.version > newest && schema.serves_since > newest)
    return fail(
        ec::schema_newer,
        fmt::format("the database has schema {}, which serves versions of Talaria that know "
                    "schema {} or later; this one knows schemas up to {}",
                    schema.version, schema.serves_since, newest));
  return {};
}

domain::result<void> require_current(const applied_schema& schema, std::int64_t newest) {
  if (schema.version < newest)
    return fail(ec::store_unavailable,
                fmt::format("the database has schema {}, this version of Talaria needs {}: run "
                            "`talaria migrate`",
                            schema.version, newest));
  return require_served(schema, newest);
}

}  // namespace talaria::persistence::schema
