#include "persistence/schema/postgres/migrations.hpp"

#include <array>

namespace talaria::persistence::schema::postgres {

extern const migration first_tables;
extern const migration application_retention;

std::span<const migration> migrations() {
  static const std::array all{first_tables, application_retention};
  return all;
}

}  // namespace talaria::persistence::schema::postgres
