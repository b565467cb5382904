#include "persistence/sql/statement.hpp"

#include "persistence/sqlite/dialect.hpp"

#include <doctest/doctest.h>

namespace talaria::persistence::sql {

TEST_CASE("parameters are found once each, in the order in which their names first appear") {
  using names = std::vector<std::string>;
  CHECK(parameter_names("select 1") == names{});
  CHECK(parameter_names("select :b, :a where x = :b") == names{"b", "a"});
  CHECK(parameter_names("where id = :the_id::uuid limit :rows") == names{"the_id", "rows"});
  CHECK(parameter_names("select x::bigint, y::text") == names{});
  CHECK(parameter_names(":a") == names{"a"});
  CHECK(parameter_names("a :") == names{});
}

TEST_CASE("SQLite's dialect rewrites what only PostgreSQL has, and nothing else") {
  const sqlite::dialect sqlite;
  CHECK(sqlite.adapt("where id = :id::uuid") == "where id = cast(:id as blob)");
  CHECK(sqlite.adapt("from a ordered join b on c") == "from a cross join b on c");
  CHECK(sqlite.adapt("select 1 from q for update) l") == "select 1 from q) l");
  CHECK(sqlite.adapt("order by updated_us, x") == "order by updated_us, x");
}

}  // namespace talaria::persistence::sql
