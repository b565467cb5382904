#pragma once

#include "app/configuration.hpp"
#include "domain/error.hpp"

#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace talaria::app {

/// What every variable of a setting begins with.
inline constexpr std::string_view variable_prefix = "TALARIA_";

/// One setting: its key in the TOML file, from which its variable (`TALARIA_HTTP_LISTEN`) and its
/// flag (`--http-listen`) follow.
struct setting {
  std::string_view key;
  std::string_view default_text;
  std::string_view description;
  /// @returns what is wrong with the text.
  std::function<domain::result<void>(std::string_view text, configuration& into)> apply;
};

std::span<const setting> all_settings();
std::string variable_of(std::string_view key);
std::string flag_of(std::string_view key);

}  // namespace talaria::app
