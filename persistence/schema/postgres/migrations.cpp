#include "persistence/schema/postgres/migrations.hpp"

#include <array>

namespace talaria::persistence::schema::postgres {

extern const migration first_tables;

std::span<const migration> migrations() {
  static const std::array all{first_tables};
  return all;
}

}  // namespace talaria::persistence::schema::postgres
