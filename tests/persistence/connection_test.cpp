#include "persistence/sql/connection.hpp"

#include "persistence/sqlite/dialect.hpp"

#include <doctest/doctest.h>
#include <soci/sqlite3/soci-sqlite3.h>

namespace talaria::persistence::sql {

namespace {

class counting_connector : public connector {
public:
  const dialect& speaks() const override { return dialect_; }
  std::unique_ptr<soci::session> open() override {
    return std::make_unique<soci::session>(soci::sqlite3, ":memory:");
  }
  void enter(soci::session&) noexcept override { ++entered; }
  void leave(soci::session&) noexcept override { ++left; }
  diagnosis diagnose(const soci::soci_error&, soci::session*) override { return {}; }

  int entered = 0;
  int left = 0;

private:
  sqlite::dialect dialect_;
};

}  // namespace

TEST_CASE("the statement that sets a session up is looked after like any other") {
  counting_connector connector;
  connection connection{connector, "create table made(number integer)"};
  connection.session() << "insert into made values(1)";
  CHECK(connector.entered == 1);
  CHECK(connector.left == 1);
}

TEST_CASE("a session that could not be set up is not used") {
  counting_connector connector;
  connection connection{connector, "no statement"};
  CHECK_THROWS_AS(connection.session(), soci::soci_error);
  CHECK_THROWS_AS(connection.session(), soci::soci_error);
  CHECK(connector.entered == connector.left);
}

}  // namespace talaria::persistence::sql
