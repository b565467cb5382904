#include "persistence/postgres/conninfo.hpp"

#include <doctest/doctest.h>
#include <libpq-fe.h>

#include <map>
#include <memory>
#include <string>

using namespace talaria;
using namespace std::chrono_literals;

namespace {

/// As libpq takes what is made of a URL.
std::map<std::string, std::string> taken(const std::string& url) {
  const auto conninfo = persistence::postgres::to_conninfo(url, {1s, 2s});
  REQUIRE(conninfo.has_value());
  const std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)> parsed{
      PQconninfoParse(conninfo->c_str(), nullptr), &PQconninfoFree};
  REQUIRE(parsed != nullptr);
  std::map<std::string, std::string> values;
  for (const auto* option = parsed.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr)
      values[option->keyword] = option->val;
  }
  return values;
}

}  // namespace

TEST_CASE("a URL may name several hosts, of which the one that can be written is sought") {
  auto values = taken(
      "postgresql://talaria:a'b@127.0.0.1:1,127.0.0.1:2,north/"
      "events?target_session_attrs=read-write"
      "&application_name=n-1.1");
  CHECK(values["host"] == "127.0.0.1,127.0.0.1,north");
  CHECK(values["port"] == "1,2,");
  CHECK(values["dbname"] == "events");
  CHECK(values["password"] == "a'b");
  CHECK(values["target_session_attrs"] == "read-write");
  CHECK(values["application_name"] == "n-1.1");
}

TEST_CASE(
    "each host of a URL is waited for as long as a host alone, unless the URL says otherwise") {
  CHECK(taken("postgresql://a,b/events")["connect_timeout"] == "2");
  CHECK(taken("postgresql://a,b/events?connect_timeout=7")["connect_timeout"] == "7");
}

TEST_CASE("a URL that libpq does not understand is refused") {
  for (const auto* url : {"", "sqlite:talaria.db", "postgresql://a/b?colour=1", "host=a"})
    CHECK_FALSE(persistence::postgres::to_conninfo(url, {1s, 2s}).has_value());
}
