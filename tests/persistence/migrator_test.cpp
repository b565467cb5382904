#include "tests/persistence/conformance.hpp"

#include <soci/soci.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <thread>

namespace talaria::persistence::test {

namespace {

bool mentions(const domain::error& error, std::string_view words) {
  return error.detail.find(words) != std::string::npos;
}

soci::session raw(const sqlite_place& place) {
  return soci::session{"sqlite3", "dbname=" + place.file()};
}

std::int64_t applied_migrations(const sqlite_place& place) {
  auto session = raw(place);
  long long count = 0;
  session << "select count(*) from schema_migrations", soci::into(count);
  return count;
}

}  // namespace

TEST_CASE("migrating creates the schema, and migrating again changes nothing") {
  const sqlite_place place;
  const auto first = expect(migrate_store(place.url()));
  CHECK(first.from == 0);
  CHECK(first.to >= 1);
  const auto second = expect(migrate_store(place.url()));
  CHECK(second.from == first.to);
  CHECK(second.to == first.to);
  CHECK(applied_migrations(place) == first.to);
  CHECK(open_store(place.url()));
}

TEST_CASE("migrating keeps what is in the store") {
  world world{std::make_unique<sqlite_place>()};
  const auto event = world.submit({});
  world.reopen();  // migrates, too
  CHECK(world.events() == std::vector{event});
}

TEST_CASE("a store of schema 1 is migrated with what is in it") {
  auto place = std::make_unique<sqlite_place>();
  const auto& migrated = *place;
  world world{std::move(place)};
  const auto event = world.submit({});
  for (const auto way_back : ways_back_to_schema_1)
    raw(migrated) << std::string{way_back};
  raw(migrated) << "delete from schema_migrations where version > 1";
  CHECK(code_of(open_store(migrated.url())) == ec::store_unavailable);

  CHECK(expect(migrate_store(migrated.url())).from == 1);
  world.reopen();
  CHECK(world.events() == std::vector{event});
  world.application.retention_days = 1;
  CHECK(world.catalog->update_application(world.owner, world.application));
}

TEST_CASE("of threads that migrate at once, all succeed and one does each step") {
  const sqlite_place place;
  std::array<result<migration_report>, 8> reports;
  std::vector<std::thread> threads;
  for (auto& report : reports)
    threads.emplace_back([&] { report = migrate_store(place.url()); });
  for (auto& thread : threads)
    thread.join();
  std::int64_t to = 0;
  for (const auto& report : reports)
    to = expect(report).to;
  CHECK(applied_migrations(place) == to);
  CHECK(open_store(place.url()));
}

TEST_CASE("of processes that migrate at once, all succeed and one does each step") {
  const sqlite_place place;
  std::array<pid_t, 6> children{};
  for (auto& child : children) {
    child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0)
      ::_exit(migrate_store(place.url()) && open_store(place.url()) ? 0 : 1);
  }
  for (const auto child : children) {
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
  }
  CHECK(applied_migrations(place) == expect(migrate_store(place.url())).from);
}

TEST_CASE("a store that a newer version migrated is neither opened nor migrated") {
  const sqlite_place place;
  expect(migrate_store(place.url()));
  raw(place) << "insert into schema_migrations values(1000, 'from the future', 0, null)";
  CHECK(code_of(open_store(place.url())) == ec::schema_newer);
  CHECK(code_of(migrate_store(place.url())) == ec::schema_newer);
}

TEST_CASE("a store that a newer version migrated is used as it is if it serves this version") {
  const sqlite_place place;
  const auto known = expect(migrate_store(place.url())).to;
  raw(place) << "insert into schema_migrations values(1000, 'from the future', 0, :known)",
      soci::use(known);
  CHECK(open_store(place.url()));
  const auto again = expect(migrate_store(place.url()));
  CHECK(again.from == 1000);
  CHECK(again.to == 1000);

  const auto later = known + 1;
  raw(place) << "insert into schema_migrations values(1001, 'after that', 0, :later)",
      soci::use(later);
  CHECK(code_of(open_store(place.url())) == ec::schema_newer);
  CHECK(code_of(migrate_store(place.url())) == ec::schema_newer);
}

TEST_CASE("a store with an older schema is not opened, and the error says what to run") {
  const sqlite_place place;
  expect(migrate_store(place.url()));
  raw(place) << "delete from schema_migrations";
  const auto opened = open_store(place.url());
  CHECK(code_of(opened) == ec::store_unavailable);
  CHECK(mentions(opened.error(), "talaria migrate"));
}

TEST_CASE("opening a store that is not there makes no file, and the error says what to run") {
  const sqlite_place place;
  const auto opened = open_store(place.url());
  CHECK(code_of(opened) == ec::store_unavailable);
  CHECK(mentions(opened.error(), "talaria migrate"));
  CHECK_FALSE(std::filesystem::exists(place.file()));
}

TEST_CASE("an empty file is a store without schema") {
  const sqlite_place place;
  std::ofstream{place.file()}.close();
  const auto opened = open_store(place.url());
  CHECK(code_of(opened) == ec::store_unavailable);
  CHECK(mentions(opened.error(), "talaria migrate"));
  CHECK(migrate_store(place.url()));
  CHECK(open_store(place.url()));
}

TEST_CASE("a file that is no database is refused and left alone") {
  const sqlite_place place;
  const std::string text(4096, 'x');
  std::ofstream{place.file()} << text;
  CHECK(code_of(migrate_store(place.url())) == ec::store_unavailable);
  CHECK(code_of(open_store(place.url())) == ec::store_unavailable);
  CHECK(std::filesystem::file_size(place.file()) == text.size());
}

TEST_CASE("a store in a directory that does not exist is unavailable") {
  const sqlite_place place;
  CHECK(code_of(migrate_store(place.url() + "/nested/talaria.db")) == ec::store_unavailable);
  CHECK(code_of(open_store(place.url() + "/nested/talaria.db")) == ec::store_unavailable);
}

TEST_CASE("a URL that names no file, or a kind of store we do not know, is refused") {
  for (const auto* url : {"", "talaria.db", "sqlite:", "sqlite::memory:", "sqlite:file:a",
                          "sqlite:a\"b", "mysql://localhost/talaria"}) {
    CAPTURE(url);
    CHECK(code_of(open_store(url)) == ec::invalid_value);
    CHECK(code_of(migrate_store(url)) == ec::invalid_value);
  }
}

TEST_CASE("a file's name may hold spaces, equals signs and quotes") {
  const posix::temporary_directory directory;
  const auto file = directory.path() / "a b  c=d 'e' %20.db";
  expect(migrate_store("sqlite:" + file.string()));
  CHECK(std::filesystem::exists(file));
  CHECK(open_store("sqlite:" + file.string()));
}

TEST_CASE("a new store can be read by its owner alone") {
  const sqlite_place place;
  expect(migrate_store(place.url()));
  struct stat file {};
  REQUIRE(::stat(place.file().c_str(), &file) == 0);
  CHECK((file.st_mode & 0777U) == 0600U);
}

}  // namespace talaria::persistence::test
