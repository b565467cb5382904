#include "tests/persistence/postgres_place.hpp"

#include "persistence/postgres/conninfo.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>

namespace talaria::persistence::test {

namespace {

std::unique_ptr<soci::session> connect_to(const std::string& url) {
  constexpr std::chrono::seconds patience{20};
  const auto conninfo = postgres::to_conninfo(url, {patience, patience});
  REQUIRE(conninfo);
  return std::make_unique<soci::session>("postgresql", *conninfo);
}

}  // namespace

std::string test_server() {
  const char* url = std::getenv("TALARIA_TEST_POSTGRESQL");
  return url == nullptr ? "" : url;
}

postgres_place::postgres_place() {
  static std::atomic<int> count{0};
  schema_ = fmt::format("test_{}_{}", ::getpid(), ++count);
  *connect_to(test_server()) << "create schema " + schema_;
}

postgres_place::~postgres_place() {
  *connect_to(test_server()) << "drop schema " + schema_ + " cascade";
}

std::unique_ptr<store> postgres_place::open(const retention_clock& retention) {
  if (const auto migrated = migrate_store(url()); !migrated)
    FAIL(migrated.error().detail);
  auto opened =
      open_store({.url = url(), .read_urls = {}, .retention = retention, .secrets = secrets});
  if (!opened)
    FAIL(opened.error().detail);
  return *std::move(opened);
}

std::string postgres_place::url() const {
  return url_with("");
}

std::string postgres_place::url_with(const std::string& more_options) const {
  std::string encoded;
  for (const char c : fmt::format("-c search_path={} {}", schema_, more_options))
    encoded += c == ' ' ? "%20" : c == '=' ? "%3D" : std::string(1, c);
  const auto server = test_server();
  return fmt::format("{}{}options={}", server, server.find('?') == std::string::npos ? '?' : '&',
                     encoded);
}

std::unique_ptr<soci::session> postgres_place::connect() const {
  return connect_to(url());
}

}  // namespace talaria::persistence::test
