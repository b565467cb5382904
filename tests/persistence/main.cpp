#define DOCTEST_CONFIG_IMPLEMENT
#include "tests/persistence/postgres_place.hpp"

#include <doctest/doctest.h>
#include <spdlog/spdlog.h>

#include <cstdio>

int main(int argc, char** argv) {
  doctest::Context context{argc, argv};
  spdlog::set_level(spdlog::level::off);
  if (talaria::persistence::test::test_server().empty()) {
    std::fputs(
        "Without TALARIA_TEST_POSTGRESQL, the URL of a server such as `scripts/postgres start` "
        "prints: the tests of PostgreSQL are left out.\n",
        stderr);
    context.addFilter("test-case-exclude", "*postgres_place*,*PostgreSQL*");
  }
  return context.run();
}
