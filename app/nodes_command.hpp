#pragma once

#include <CLI/CLI.hpp>

#include "console/server.hpp"
#include <chrono>
#include <ostream>
#include <string>

namespace talaria::app {

/// What `talaria nodes` was asked for.
struct nodes_options {
  console::server server;
  /// The server's own answer.
  bool json = false;
};

void add_nodes_options(CLI::App& command, nodes_options& into);
/// Prints the nodes of a cluster.
///
/// @returns the process's exit code: 0, or 1 with the reason on `complaints`.
int run_nodes(const nodes_options& options, std::ostream& out, std::ostream& complaints);

/// What `talaria drain` was asked for.
struct drain_options {
  console::server server;
  std::string node;
  bool undo = false;
  /// For the node to have given everything away. 0: not to wait.
  std::chrono::seconds::rep wait_seconds = 60;
};

void add_drain_options(CLI::App& command, drain_options& into);
/// Has a node give its shards away, and waits until it has; or has it take its part again.
///
/// @returns as `run_nodes`; 1 also if it still has some after the wait.
int run_drain(const drain_options& options, std::ostream& out, std::ostream& complaints);

}  // namespace talaria::app
