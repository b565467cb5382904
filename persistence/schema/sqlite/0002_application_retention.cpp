#include "persistence/schema/migration.hpp"

#include <array>

namespace talaria::persistence::schema::sqlite {

namespace {

constexpr auto statements = std::to_array<std::string_view>({
    // Absent: the default of the configuration.
    "alter table applications add column retention_days bigint",
});

}  // namespace

extern const migration application_retention;
const migration application_retention{2, "application retention", statements};

}  // namespace talaria::persistence::schema::sqlite
