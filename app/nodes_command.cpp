#include "app/nodes_command.hpp"

#include "app/server_options.hpp"

#include <fmt/format.h>

#include "console/cluster_view.hpp"
#include "console/text.hpp"
#include "console/transfer.hpp"
#include <algorithm>
#include <cstdlib>
#include <thread>

namespace talaria::app {

namespace {

constexpr auto nodes_footer = R"(
The key needs the scope admin, of the organization that runs the installation. LAG is the age of the
oldest delivery that is due of a node's shards, LINK the answering node's link to it.

Exit code: 0, 1 if the server cannot be reached or refuses, 2 for options that make no sense.)";

constexpr auto drain_footer = R"(
The node finishes what is under way, gives its shards to the others and takes none until it is told
so with --undo, or starts anew. It goes on taking requests. Any node of the cluster may be asked.

  talaria drain north                before its machine is stopped
  talaria drain north --undo

Exit code: 0, 1 if the server cannot be reached or refuses or the node still has shards after the
wait, 2 for options that make no sense.)";

constexpr std::chrono::milliseconds look_again{200};

int complain(std::string_view command, const domain::error& error, std::ostream& complaints) {
  complaints << fmt::format("talaria {}: {}\n", command, error.detail);
  return EXIT_FAILURE;
}

domain::result<std::uint64_t> shards_of(const std::string& body, const std::string& node) {
  const auto state = console::read_cluster(body);
  if (!state)
    return tl::unexpected(state.error());
  const auto found = std::ranges::find(state->nodes, node, &console::cluster_node::name);
  return found == state->nodes.end() ? 0 : found->shards;
}

/// @returns how many shards the node has left.
domain::result<std::uint64_t> wait_until_empty(const drain_options& options, std::string body) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{options.wait_seconds};
  while (true) {
    auto left = shards_of(body, options.node);
    if (!left || *left == 0 || std::chrono::steady_clock::now() >= until)
      return left;
    std::this_thread::sleep_for(look_again);
    auto looked = console::call(options.server, {"GET", std::string{console::cluster_target}});
    if (!looked)
      return tl::unexpected(looked.error());
    body = *std::move(looked);
  }
}

std::string drain_target(const drain_options& options) {
  return fmt::format("{}/nodes/{}/{}", console::cluster_target,
                     console::percent_escaped(options.node), options.undo ? "undrain" : "drain");
}

}  // namespace

void add_nodes_options(CLI::App& command, nodes_options& into) {
  command.footer(nodes_footer);
  add_server_options(command, into.server, "admin");
  command.add_flag("--json", into.json, "The server's answer as it is");
}

int run_nodes(const nodes_options& options, std::ostream& out, std::ostream& complaints) {
  const auto body = console::call(options.server, {"GET", std::string{console::cluster_target}});
  if (!body)
    return complain("nodes", body.error(), complaints);
  if (options.json) {
    out << *body << '\n';
    return EXIT_SUCCESS;
  }
  const auto state = console::read_cluster(*body);
  if (!state)
    return complain("nodes", state.error(), complaints);
  for (const auto& line : console::to_table(*state))
    out << line << '\n';
  return EXIT_SUCCESS;
}

void add_drain_options(CLI::App& command, drain_options& into) {
  command.footer(drain_footer);
  add_server_options(command, into.server, "admin");
  command.add_option("node", into.node, "Its name")->required();
  command.add_flag("--undo", into.undo, "Let it take its part again");
  command.add_option("--wait", into.wait_seconds, "Seconds to wait for it [60]")
      ->check(CLI::Range(0, 3600));
}

int run_drain(const drain_options& options, std::ostream& out, std::ostream& complaints) {
  const auto body = console::call(options.server, {"POST", drain_target(options)});
  if (!body)
    return complain("drain", body.error(), complaints);
  if (options.undo) {
    out << fmt::format("{} takes its part of the shards again\n", options.node);
    return EXIT_SUCCESS;
  }
  const auto left = wait_until_empty(options, *body);
  if (!left)
    return complain("drain", left.error(), complaints);
  if (*left > 0) {
    complaints << fmt::format("talaria drain: {} still has {} shards\n", options.node, *left);
    return EXIT_FAILURE;
  }
  out << fmt::format("{} has given all of its shards away\n", options.node);
  return EXIT_SUCCESS;
}

}  // namespace talaria::app
