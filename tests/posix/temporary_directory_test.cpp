#include "posix/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <system_error>

using namespace talaria;
namespace files = std::filesystem;

TEST_CASE("a temporary directory is its owner's alone, and removed with all it holds") {
  files::path path;
  {
    const posix::temporary_directory directory;
    path = directory.path();
    CHECK(files::status(path).permissions() == files::perms::owner_all);
    files::create_directory(path / "inside");
    std::ofstream{path / "inside" / "file"} << "text";
    CHECK(files::exists(path / "inside" / "file"));
  }
  CHECK_FALSE(files::exists(path));
}

TEST_CASE("each temporary directory is another one, where and as it was named") {
  const posix::temporary_directory outer;
  const posix::temporary_directory one{outer.path() / "name"};
  const posix::temporary_directory other{outer.path() / "name"};
  CHECK(one.path() != other.path());
  CHECK(one.path().parent_path() == outer.path());
  CHECK(one.path().filename().string().starts_with("name-"));
  CHECK_THROWS_AS(posix::temporary_directory{outer.path() / "nowhere" / "name"}, std::system_error);
}
