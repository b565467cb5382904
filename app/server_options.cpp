#include "app/server_options.hpp"

namespace talaria::app {

namespace {

std::string complaint_about(const std::string& url) {
  const bool is_absolute = url.starts_with("http://") || url.starts_with("https://");
  return is_absolute ? "" : "must begin with http:// or https://";
}

}  // namespace

void add_server_options(CLI::App& command, console::server& into, const std::string& scope) {
  command.add_option("--url", into.url, "Where Talaria answers")
      ->check(CLI::Validator{complaint_about, ""})
      ->capture_default_str();
  command
      .add_option(
          "--key", into.api_key,
          "An API key with the scope " + scope + "; safer in the variable, as others see flags")
      ->envname(key_variable)
      ->required();
}

}  // namespace talaria::app
