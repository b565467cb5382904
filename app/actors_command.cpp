#include "app/actors_command.hpp"

#include "app/server_options.hpp"

#include <fmt/format.h>

#include "console/actor.hpp"
#include "console/actor_table.hpp"
#include "console/transfer.hpp"
#include <cstdlib>

namespace talaria::app {

namespace {

using console::actor_table;

constexpr auto actors_footer = R"(
The key needs the scope admin, of the organization that runs the installation.

  talaria actors --breaker open --sort pending --limit 20
  talaria actors --state quarantined --json
  talaria actors /ingest/subscription-17                all that there is to say of one
  talaria actors restart /ingest/subscription-17        it begins anew from the store
  talaria actors release /ingest/subscription-17        from quarantine
  talaria actors restart /dispatcher --node south       what every node has, of one of them

Exit code: 0, 1 if the server cannot be reached or refuses, 2 for options that make no sense.)";

std::vector<std::string> sorts() {
  return {console::actor_sorts.begin(), console::actor_sorts.end()};
}

void add_action(CLI::App& command, actors_options& into, const std::string& name,
                const std::string& description) {
  auto* action = command.add_subcommand(name, description);
  action->fallthrough();
  action->add_option("path", into.path, "Of the actor")->required();
  action->callback([&into, name] { into.action = name; });
}

int complain(const domain::error& error, std::ostream& complaints) {
  complaints << fmt::format("talaria actors: {}\n", error.detail);
  return EXIT_FAILURE;
}

std::string target_of(const actors_options& options) {
  return options.path.empty()
             ? console::list_target(options.query)
             : console::actor_target(options.path, options.action, options.query.node);
}

void print_page(const console::actor_page& page, std::ostream& out, std::ostream& complaints) {
  const auto width = actor_table::full_width(page.actors, actor_table::looks::one);
  const actor_table table{width, actor_table::looks::one};
  out << table.heading() << '\n';
  for (const auto& actor : page.actors)
    out << table.line(actor) << '\n';
  if (page.total > page.actors.size())
    complaints << fmt::format("{} of {} actors\n", page.actors.size(), page.total);
}

int print_list(const std::string& body, std::ostream& out, std::ostream& complaints) {
  const auto page = console::read_actor_page(body);
  if (!page)
    return complain(page.error(), complaints);
  print_page(*page, out, complaints);
  return EXIT_SUCCESS;
}

int print_one(const std::string& body, std::ostream& out, std::ostream& complaints) {
  const auto actor = console::read_actor(body);
  if (!actor)
    return complain(actor.error(), complaints);
  for (const auto& line : console::describe(*actor))
    out << line << '\n';
  return EXIT_SUCCESS;
}

}  // namespace

void add_actors_options(CLI::App& command, actors_options& into) {
  command.footer(actors_footer);
  command.require_subcommand(0, 1);
  add_server_options(command, into.server, "admin");
  command.add_option("path", into.path, "Of one actor");
  command.add_option(
      "--node", into.query.node,
      "Of this node of a cluster [the one that is asked; of a path, whichever has it]");
  command.add_option("--kind", into.query.kind,
                     "Only of this kind: subscription, event_writer, ...");
  command.add_option("--state", into.query.state,
                     "Only in this state: running, restarting, backing_off, quarantined, stopping");
  command.add_option("--breaker", into.query.breaker,
                     "Only with this circuit breaker: closed, open, half_open");
  command.add_option("--application", into.query.application, "Only of this application: its id");
  command.add_option("--sort", into.query.sort, "path, or with the most of anything else first")
      ->check(CLI::IsMember{sorts()});
  command.add_option("--limit", into.query.limit, "How many [250]")
      ->check(CLI::Range(std::size_t{1}, console::actors_listed_max));
  command.add_flag("--json", into.json, "The server's answer as it is");
  add_action(command, into, "restart", "Stop an actor and start it anew");
  add_action(command, into, "release", "Let an actor out of quarantine");
}

int run_actors(const actors_options& options, std::ostream& out, std::ostream& complaints) {
  const std::string method = options.action.empty() ? "GET" : "POST";
  const auto body = console::call(options.server, {method, target_of(options)});
  if (!body)
    return complain(body.error(), complaints);
  if (options.json) {
    out << *body << '\n';
    return EXIT_SUCCESS;
  }
  return options.path.empty() ? print_list(*body, out, complaints)
                              : print_one(*body, out, complaints);
}

}  // namespace talaria::app
