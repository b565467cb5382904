#include "persistence/store.hpp"

#include "persistence/postgres/conninfo.hpp"
#include "persistence/postgres/migrator.hpp"
#include "persistence/postgres/postgres_store.hpp"
#include "persistence/sqlite/migrator.hpp"
#include "persistence/sqlite/sqlite_store.hpp"

#include <string_view>

namespace talaria::persistence {

namespace {

using domain::ec;

constexpr std::string_view sqlite_scheme = "sqlite:";

/// @returns the file that a URL names.
result<sqlite::settings> parse_sqlite_url(std::string_view url) {
  if (!url.starts_with(sqlite_scheme))
    return domain::fail(ec::invalid_value, "a store's URL is sqlite:<file> or postgresql://...");
  const auto file = url.substr(sqlite_scheme.size());
  // SQLite gives `:memory:` and `file:` a meaning of their own; a quote would end the name early.
  if (file.empty() || file.starts_with(':') || file.starts_with("file:") ||
      file.find('"') != std::string_view::npos || file.find('\0') != std::string_view::npos)
    return domain::fail(ec::invalid_value, "a store's URL names a file: sqlite:<file>");
  return sqlite::settings{std::string{file}, std::nullopt};
}

}  // namespace

bool is_server_url(std::string_view url) {
  return postgres::is_url(url);
}

std::string to_display(const std::string& url) {
  return is_server_url(url) ? postgres::to_display(url) : url;
}

result<std::unique_ptr<store>> open_store(const store_options& options) {
  if (is_server_url(options.url))
    return postgres::open(options);
  if (!options.read_urls.empty())
    return domain::fail(ec::invalid_value, "only a PostgreSQL store has replicas");
  return parse_sqlite_url(options.url).and_then([&](sqlite::settings settings) {
    settings.interruption = options.interruption;
    return sqlite::open(settings, options);
  });
}

result<std::unique_ptr<store>> open_store(const std::string& url) {
  return open_store(store_options{.url = url, .read_urls = {}});
}

result<migration_report> migrate_store(const std::string& url) {
  if (is_server_url(url))
    return postgres::migrate(url);
  return parse_sqlite_url(url).and_then(sqlite::migrate);
}

}  // namespace talaria::persistence
