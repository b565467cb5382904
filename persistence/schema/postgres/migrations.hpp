#pragma once

#include "persistence/schema/migration.hpp"

#include <span>

namespace talaria::persistence::schema::postgres {

/// All there are, their versions counting from 1.
std::span<const migration> migrations();

}  // namespace talaria::persistence::schema::postgres
