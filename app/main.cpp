#include "app/actors_command.hpp"
#include "app/bench_command.hpp"
#include "app/chaos_command.hpp"
#include "app/cluster_command.hpp"
#include "app/configuration.hpp"
#include "app/keys_command.hpp"
#include "app/logging.hpp"
#include "app/nodes_command.hpp"
#include "app/plan_command.hpp"
#include "app/secrets_command.hpp"
#include "app/server_options.hpp"
#include "app/settings.hpp"
#include "app/system.hpp"
#include "app/top_command.hpp"
#include "persistence/store.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <optional>
#include <sstream>
#include <thread>

extern char** environ;

namespace {

using namespace talaria;
using app::configuration;

constexpr int exit_failure = 1;
constexpr int exit_usage = 2;

constexpr auto help_footer = R"(
First steps:
  talaria serve                      start on a SQLite file in this directory; prints an administrator
                                     key on the first start
  curl -H "Authorization: Bearer $KEY" http://127.0.0.1:8080/api/v1/subscriptions
  talaria serve --help               every setting, with its default
  talaria keys create --name shop --scopes ingest,read
                                     make a further key, also when the first one is lost
  talaria bench --help               how to put load on a Talaria that runs
  talaria chaos run --help           how to see what a Talaria survives
  talaria top                        its actors, live; talaria actors prints them once
  talaria plan --help                how many nodes a load takes

A setting such as http.listen comes from the TOML file (--config, or TALARIA_CONFIG), overridden by its
variable (TALARIA_HTTP_LISTEN), overridden by its flag (--http-listen).)";

/// What the command line said of the settings.
struct given {
  std::string file;
  std::map<std::string, std::string> flags;
};

std::map<std::string, std::string> environment_variables() {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text{*entry};
    const auto equals = text.find('=');
    // Whoever exports the key for a client's command may start a server from the same shell.
    const bool is_setting = text.substr(0, equals) != app::key_variable;
    if (equals != std::string_view::npos && is_setting)
      variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

domain::result<configuration> load_configuration(const given& given) {
  std::ostringstream text;
  if (!given.file.empty()) {
    std::ifstream file{given.file};
    if (!file)
      return domain::fail(domain::ec::invalid_value, fmt::format("{} cannot be read", given.file));
    text << file.rdbuf();
  }
  return app::read_configuration(text.str(), environment_variables(), given.flags);
}

int complain(const domain::error& error) {
  fmt::print(stderr, "talaria: {}\n", error.detail);
  return exit_failure;
}

void add_settings(CLI::App& command, given& into) {
  command.add_option("--config", into.file, "The TOML file")->envname("TALARIA_CONFIG");
  for (const auto& setting : app::all_settings()) {
    auto description = std::string{setting.description};
    if (!setting.default_text.empty())
      description += fmt::format(" [{}]", setting.default_text);
    command.add_option_function<std::string>(
        app::flag_of(setting.key),
        [&into, key = std::string{setting.key}](const std::string& text) {
          into.flags[key] = text;
        },
        description);
  }
}

sigset_t stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  return signals;
}

/// From the first signal on a second one, or a stop that hangs, ends the process at once.
void guard_stop(const configuration& settings) {
  std::thread{[limit = settings.drain_timeout + std::chrono::seconds{10}] {
    const auto signals = stop_signals();
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(limit).count();
    const timespec patience{.tv_sec = static_cast<time_t>(seconds), .tv_nsec = 0};
    int signal = -1;
    do {
      signal = sigtimedwait(&signals, nullptr, &patience);
    } while (signal < 0 && errno == EINTR);
    // Not by the log: the process may be past its end, and the log gone.
    fmt::print(stderr, "talaria: {}\n",
               signal > 0 ? "ended by a second signal" : "the stop took too long: ended");
    _exit(exit_failure);
  }}.detach();
}

int serve(const given& given) {
  const auto settings = load_configuration(given);
  if (!settings)
    return complain(settings.error());
  app::start_logging(settings->log_level, settings->log);
  // Blocked before any thread is started, so that none inherits them and this one can wait for
  // them.
  const auto signals = stop_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  // A file that may not grow is an error of the write, as a full disk is.
  ::signal(SIGXFSZ, SIG_IGN);

  auto running = app::system::start(*settings);
  if (!running)
    return complain(running.error());
  if (const auto& key = (*running)->made_key(); !key.empty()) {
    fmt::print("Administrator key (shown only this once): {}\n", key);
    std::fflush(stdout);
  }
  spdlog::info("talaria {} serves {}://{}:{} on {}", TALARIA_VERSION,
               settings->http_tls ? "https" : "http", settings->http_host, (*running)->port(),
               persistence::to_display(settings->store_url));
  int signal = 0;
  sigwait(&signals, &signal);
  spdlog::info("stopping: requests and attempts under way may end within {} ms",
               settings->drain_timeout.count());
  guard_stop(*settings);
  const bool in_time = (*running)->stop();
  spdlog::info(in_time ? "stopped" : "stopped; what had not ended in time will be repeated");
  return (*running)->failed() ? exit_failure : EXIT_SUCCESS;
}

int migrate(const given& given) {
  const auto settings = load_configuration(given);
  if (!settings)
    return complain(settings.error());
  const auto migrated = persistence::migrate_store(settings->store_url);
  if (!migrated)
    return complain(migrated.error());
  if (migrated->from == migrated->to)
    fmt::print("the store has schema {} already\n", migrated->to);
  else
    fmt::print("migrated the store from schema {} to {}\n", migrated->from, migrated->to);
  return EXIT_SUCCESS;
}

int reencrypt(const given& given) {
  const auto settings = load_configuration(given);
  if (!settings)
    return complain(settings.error());
  app::start_logging(settings->log_level, settings->log);
  return app::run_reencrypt(*settings, std::cout, std::cerr);
}

using keys_command = int (*)(const configuration&, const app::key_request&, std::ostream&,
                             std::ostream&);

int run_keys(keys_command command, const given& given, const app::key_request& wanted) {
  const auto settings = load_configuration(given);
  if (!settings)
    return complain(settings.error());
  return command(*settings, wanted, std::cout, std::cerr);
}

/// The commands below `talaria keys`.
struct keys_commands {
  CLI::App* create = nullptr;
  CLI::App* list = nullptr;
  CLI::App* revoke = nullptr;

  keys_commands(CLI::App& talaria, given& given, app::key_request& wanted) {
    auto* keys = talaria.add_subcommand("keys", "Work with the API keys in the store");
    keys->require_subcommand(1);
    create = keys->add_subcommand("create", "Make a key and print it, this once");
    list = keys->add_subcommand("list", "List the keys of an organization");
    revoke = keys->add_subcommand("revoke", "Revoke a key; servers know within five seconds");
    for (auto* command : {create, list, revoke}) {
      command->add_option("--organization", wanted.organization, "Its name [default]");
      add_settings(*command, given);
    }
    create->add_option("--name", wanted.name, "What it is for")->required();
    create->add_option("--scopes", wanted.scopes, "ingest, read, manage, admin")
        ->required()
        ->delimiter(',');
    create->add_option("--application", wanted.application, "Bind it to this one");
    create->add_option("--expires-in-days", wanted.expires_in_days, "0: it does not expire [0]");
    revoke->add_option("id", wanted.id, "As `talaria keys list` shows it")->required();
  }

  /// @returns nothing if none of them was given.
  std::optional<int> run(const given& given, const app::key_request& wanted) const {
    if (create->parsed())
      return run_keys(app::run_create_key, given, wanted);
    if (list->parsed())
      return run_keys(app::run_list_keys, given, wanted);
    if (revoke->parsed())
      return run_keys(app::run_revoke_key, given, wanted);
    return std::nullopt;
  }
};

/// The commands that need no settings: they ask a running Talaria, run one of their own, or reckon.
struct client_commands {
  app::bench_options bench_options;
  app::actors_options actors_options;
  app::top_options top_options;
  app::nodes_options nodes_options;
  app::drain_options drain_options;
  app::chaos_options chaos_options;
  app::plan_options plan_options;
  CLI::App* bench = nullptr;
  CLI::App* actors = nullptr;
  CLI::App* top = nullptr;
  CLI::App* nodes = nullptr;
  CLI::App* drain = nullptr;
  CLI::App* chaos_run = nullptr;
  CLI::App* plan = nullptr;

  explicit client_commands(CLI::App& talaria) {
    bench = talaria.add_subcommand("bench",
                                   "Submit events to a running Talaria, and measure its answers");
    app::add_bench_options(*bench, bench_options);
    actors =
        talaria.add_subcommand("actors", "Show the actors of a running Talaria, or restart one");
    app::add_actors_options(*actors, actors_options);
    top = talaria.add_subcommand("top", "Watch the actors of a running Talaria in a terminal");
    app::add_top_options(*top, top_options);
    nodes = talaria.add_subcommand("nodes", "Show the nodes of a cluster");
    app::add_nodes_options(*nodes, nodes_options);
    drain = talaria.add_subcommand("drain", "Have a node give its work to the others");
    app::add_drain_options(*drain, drain_options);
    auto* chaos =
        talaria.add_subcommand("chaos", "Break a Talaria of its own, and check what it promises");
    chaos->require_subcommand(1);
    chaos_run = chaos->add_subcommand("run", "Run a scenario");
    app::add_chaos_options(*chaos_run, chaos_options);
    plan =
        talaria.add_subcommand("plan", "Say how many nodes, and what of PostgreSQL, a load takes");
    app::add_plan_options(*plan, plan_options);
  }
  client_commands(const client_commands&) = delete;
  client_commands& operator=(const client_commands&) = delete;

  /// @returns nothing if none of them was given.
  std::optional<int> run() const {
    if (bench->parsed())
      return app::run_bench(bench_options, std::cout, std::cerr);
    if (actors->parsed())
      return app::run_actors(actors_options, std::cout, std::cerr);
    if (top->parsed())
      return app::run_top(top_options, std::cerr);
    if (nodes->parsed())
      return app::run_nodes(nodes_options, std::cout, std::cerr);
    if (drain->parsed())
      return app::run_drain(drain_options, std::cout, std::cerr);
    if (chaos_run->parsed())
      return app::run_chaos(chaos_options, std::cout, std::cerr);
    if (plan->parsed())
      return app::run_plan(plan_options, std::cout, std::cerr);
    return std::nullopt;
  }
};

int check_configuration(const given& given) {
  const auto settings = load_configuration(given);
  if (!settings)
    return complain(settings.error());
  fmt::print("the configuration is valid\n");
  return EXIT_SUCCESS;
}

int run(int argc, char** argv) {
  CLI::App talaria{"Talaria delivers webhooks: durable, signed, retried, in order where asked."};
  talaria.set_version_flag("--version", TALARIA_VERSION);
  talaria.footer(help_footer);
  talaria.require_subcommand(1);
  given given;
  auto* serve_command = talaria.add_subcommand("serve", "Run Talaria");
  auto* migrate_command =
      talaria.add_subcommand("migrate", "Bring the store's schema to this version");
  auto* config_command = talaria.add_subcommand("config", "Work with the configuration");
  config_command->require_subcommand(1);
  auto* check_command = config_command->add_subcommand(
      "check", "Say whether file, variables and flags are valid, without starting anything");
  auto* secrets_command =
      talaria.add_subcommand("secrets", "Work with the keys that seal secrets in the store");
  secrets_command->require_subcommand(1);
  auto* generate_command = secrets_command->add_subcommand(
      "generate-key", "Print a fresh key, for secrets.key_file or secrets.keys");
  auto* reencrypt_command = secrets_command->add_subcommand(
      "reencrypt", "Seal every secret in the store with the current key");
  for (auto* command : {serve_command, migrate_command, check_command, reencrypt_command})
    add_settings(*command, given);
  auto* cluster_command = talaria.add_subcommand("cluster", "Work with the nodes of a cluster");
  cluster_command->require_subcommand(1);
  app::certs_request certs_request;
  auto* certs_command = cluster_command->add_subcommand(
      "certs", "Make an authority, and a certificate and key for each node; for development");
  certs_command->add_option("directory", certs_request.directory, "Made if it is not there")
      ->required();
  certs_command
      ->add_option(
          "--node", certs_request.nodes,
          "NAME or NAME=HOST,..., as often as there are nodes [talaria-1=localhost,127.0.0.1,::1]")
      ->allow_extra_args(false);
  app::key_request key_request;
  const keys_commands keys{talaria, given, key_request};
  const client_commands clients{talaria};
  try {
    talaria.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = talaria.exit(error);
    return code == 0 ? EXIT_SUCCESS : exit_usage;
  }
  if (const auto done = clients.run())
    return *done;
  if (serve_command->parsed())
    return serve(given);
  if (generate_command->parsed())
    return app::run_generate_key(std::cout);
  if (reencrypt_command->parsed())
    return reencrypt(given);
  if (certs_command->parsed())
    return app::run_certs(certs_request, std::chrono::system_clock::now(), std::cout, std::cerr);
  if (const auto done = keys.run(given, key_request))
    return *done;
  return migrate_command->parsed() ? migrate(given) : check_configuration(given);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& exception) {
    fmt::print(stderr, "talaria: {}\n", exception.what());
    return exit_failure;
  }
}
