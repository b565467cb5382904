#pragma once

#include "domain/error.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace talaria::persistence::postgres {

/// Bounds that the server keeps for the statements of a connection.
struct statement_limits {
  std::chrono::milliseconds statement_timeout;
  std::chrono::milliseconds lock_timeout;
};

/// Whether a store's URL names a PostgreSQL server: `postgresql://` or `postgres://`.
bool is_url(std::string_view url);

/// The hosts and the database of a URL, for people.
std::string to_display(const std::string& url);

/// The keywords and values of a URL, as libpq's connection strings have them: SOCI takes no URLs.
///
/// Everything libpq understands may stand in the URL, several hosts included; what is added are
/// bounds on waiting, and the name that the server shows.
/// @returns `ec::invalid_value` for a URL that libpq does not understand; the text names no
/// password.
domain::result<std::string> to_conninfo(const std::string& url, const statement_limits& limits);

}  // namespace talaria::persistence::postgres
