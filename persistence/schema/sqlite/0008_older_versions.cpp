#include "persistence/schema/migration.hpp"

#include <array>

namespace talaria::persistence::schema::sqlite {

namespace {

constexpr auto statements = std::to_array<std::string_view>({
    // See `migration::serves_since`.
    "alter table schema_migrations add column serves_since bigint",
});

}  // namespace

extern const migration older_versions;
const migration older_versions{8, "older versions", statements};

}  // namespace talaria::persistence::schema::sqlite
