#pragma once

#include <CLI/CLI.hpp>

#include "console/server.hpp"
#include <chrono>
#include <ostream>

namespace talaria::app {

/// What `talaria top` was asked for.
struct top_options {
  console::server server;
  std::chrono::milliseconds interval{2'000};
};

inline constexpr std::chrono::milliseconds top_interval_min{100};
inline constexpr std::chrono::hours top_interval_max{1};

/// Teaches `command` its options; parsing it writes to `into`, which must outlive it.
void add_top_options(CLI::App& command, top_options& into);

/// Shows the actors of a server on the terminal of this process until `Q`, SIGINT or SIGTERM.
///
/// @returns the process's exit code: 0, or 1 with the reason on `complaints` if there is no
/// terminal, or the server refuses at once.
int run_top(const top_options& options, std::ostream& complaints);

}  // namespace talaria::app
