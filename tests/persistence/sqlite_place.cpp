#include "tests/persistence/sqlite_place.hpp"

#include <doctest/doctest.h>

#include <cstdlib>

namespace talaria::persistence::test {

temporary_directory::temporary_directory() {
  std::string name = std::filesystem::temp_directory_path() / "talaria-XXXXXX";
  REQUIRE(::mkdtemp(name.data()) != nullptr);
  path_ = name;
}

temporary_directory::~temporary_directory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::unique_ptr<store> sqlite_place::open(const retention_clock& retention) {
  REQUIRE(migrate_store(url()));
  auto opened = open_store({.url = url(), .read_urls = {}, .retention = retention});
  REQUIRE(opened);
  return *std::move(opened);
}

}  // namespace talaria::persistence::test
