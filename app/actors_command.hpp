#pragma once

#include <CLI/CLI.hpp>

#include "console/actor_query.hpp"
#include "console/server.hpp"
#include <ostream>
#include <string>

namespace talaria::app {

/// What `talaria actors` was asked for.
struct actors_options {
  console::server server;
  console::actor_query query;
  /// Of one actor; empty: the list.
  std::string path;
  /// `restart` or `release`; empty: to be shown.
  std::string action;
  /// The server's own answer.
  bool json = false;
};

/// Teaches `command` its options and what is below it; parsing it writes to `into`, which must
/// outlive it.
void add_actors_options(CLI::App& command, actors_options& into);

/// Prints actors, or asks for one to be restarted or released.
///
/// @returns the process's exit code: 0, or 1 with the reason on `complaints`.
int run_actors(const actors_options& options, std::ostream& out, std::ostream& complaints);

}  // namespace talaria::app
