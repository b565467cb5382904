#pragma once

#include <CLI/CLI.hpp>

#include "console/server.hpp"
#include <string>

namespace talaria::app {

/// The variable that a command's key comes from if no flag gives it. No setting of `talaria serve`.
inline constexpr auto key_variable = "TALARIA_KEY";

/// Teaches `command` where a running Talaria is, and with which key it is asked; parsing writes to
/// `into`, which must outlive it.
///
/// @param scope What the key must be allowed.
void add_server_options(CLI::App& command, console::server& into, const std::string& scope);

}  // namespace talaria::app
