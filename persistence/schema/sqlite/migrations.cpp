#include "persistence/schema/sqlite/migrations.hpp"

#include <array>

namespace talaria::persistence::schema::sqlite {

extern const migration first_tables;

std::span<const migration> migrations() {
  static const std::array all{first_tables};
  return all;
}

}  // namespace talaria::persistence::schema::sqlite
