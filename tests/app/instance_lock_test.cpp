#include "app/instance_lock.hpp"

#include "posix/temporary_directory.hpp"

#include <doctest/doctest.h>

using namespace talaria;
using app::instance_lock;

TEST_CASE("a store's lock is held by one at a time, and free again when its holder is gone") {
  const posix::temporary_directory directory;
  const auto path = (directory.path() / "store.lock").string();
  {
    const auto first = instance_lock::acquire(path);
    REQUIRE(first);
    const auto second = instance_lock::acquire(path);
    REQUIRE_FALSE(second);
    CHECK(second.error().code == domain::ec::conflict);
  }
  CHECK(instance_lock::acquire(path));
}

TEST_CASE("a lock in a directory that does not exist names its path") {
  const auto lock = instance_lock::acquire("/nonexistent/store.lock");
  REQUIRE_FALSE(lock);
  CHECK(lock.error().detail.find("/nonexistent/store.lock") != std::string::npos);
}
