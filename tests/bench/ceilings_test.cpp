#include "bench/ceilings/ceilings.hpp"

#include "posix/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <cstdlib>

using namespace talaria::bench;

TEST_CASE("every ceiling of a store still fits the tables that it is measured on") {
  const talaria::posix::temporary_directory directory;
  settings settings{.duration = std::chrono::milliseconds{50},
                    .talaria = {},
                    .directory = directory.path(),
                    .postgresql_url = {}};
  for (const auto tables : {insert_tables::bare, insert_tables::product}) {
    const auto ceiling = sqlite_insert_ceiling(2, tables);
    CAPTURE(ceiling.name);
    CHECK(ceiling.measure(settings).per_second > 0);
  }
  if (const char* server = std::getenv("TALARIA_TEST_POSTGRESQL")) {
    settings.postgresql_url = server;
    CHECK(postgresql_insert_ceiling(2).measure(settings).per_second > 0);
  }
}
