#include "persistence/postgres/conninfo.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <map>
#include <memory>

namespace talaria::persistence::postgres {

namespace {

struct option_deleter {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

std::string quoted(std::string_view value) {
  std::string text = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\')
      text += '\\';
    text += c;
  }
  text += '\'';
  return text;
}

/// A server that is gone is noticed although nothing is sent to it.
constexpr const char* keepalive_seconds = "5";
constexpr const char* unacknowledged_ms = "10000";
/// The least that libpq has.
constexpr const char* connect_seconds = "2";

/// Without the compiler: statements are short, and one that is taken for long is so by mistake; to
/// compile it would take most of the time that it has.
std::string session_settings(const statement_limits& limits) {
  return fmt::format(
      "-c statement_timeout={} -c lock_timeout={} -c idle_in_transaction_session_timeout=3000 "
      "-c client_connection_check_interval=1000 -c client_min_messages=error -c jit=off",
      limits.statement_timeout.count(), limits.lock_timeout.count());
}

}  // namespace

bool is_url(std::string_view url) {
  return url.starts_with("postgresql://") || url.starts_with("postgres://");
}

std::string to_display(const std::string& url) {
  const std::unique_ptr<PQconninfoOption, option_deleter> parsed{
      PQconninfoParse(url.c_str(), nullptr)};
  std::map<std::string_view, std::string_view> values;
  for (const auto* option = parsed.get(); option != nullptr && option->keyword != nullptr;
       ++option) {
    if (option->val != nullptr)
      values[option->keyword] = option->val;
  }
  return fmt::format("postgresql://{}/{}", values["host"], values["dbname"]);
}

domain::result<std::string> to_conninfo(const std::string& url, const statement_limits& limits) {
  const std::unique_ptr<PQconninfoOption, option_deleter> parsed{
      PQconninfoParse(url.c_str(), nullptr)};
  if (!is_url(url) || !parsed)
    return domain::fail(domain::ec::invalid_value,
                        "a PostgreSQL store's URL is postgresql://<user>:<password>@<host>:<port>/"
                        "<database>?<parameters>");
  std::map<std::string, std::string> values{{"application_name", "talaria"},
                                            {"connect_timeout", connect_seconds},
                                            {"keepalives_idle", keepalive_seconds},
                                            {"keepalives_interval", keepalive_seconds},
                                            {"keepalives_count", "2"},
                                            {"tcp_user_timeout", unacknowledged_ms}};
  for (const auto* option = parsed.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr)
      values[option->keyword] = option->val;
  }
  // Behind those of the URL: the bounds are not to be lifted.
  values["options"] += " " + session_settings(limits);
  std::string conninfo;
  for (const auto& [keyword, value] : values)
    conninfo += fmt::format("{}={} ", keyword, quoted(value));
  return conninfo;
}

}  // namespace talaria::persistence::postgres
