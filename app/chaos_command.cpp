#include "app/chaos_command.hpp"

#include "app/interruption.hpp"
#include "posix/temporary_directory.hpp"

#include <fmt/format.h>

#include "chaos/run.hpp"
#include "chaos/schedule.hpp"
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

namespace talaria::app {

namespace {

using domain::ec;
using domain::result;

constexpr int exit_usage = 2;

constexpr auto chaos_footer = R"(
It starts a Talaria of its own, on a SQLite file or a throw-away PostgreSQL server, submits events to
receivers that write down what they see, makes it fail as the scenario says, heals it, and checks
that every promise was kept. Nothing that runs elsewhere is touched. Scenarios: examples/chaos.

  talaria chaos run examples/chaos/process_kill.toml
  talaria chaos run examples/chaos/everything.toml --store postgresql --seconds 1800 --keep evidence

Exit code: 0 if every promise was kept, 1 if not, 2 for options or a scenario that make no sense.)";

std::optional<std::string> read_file(const std::string& path) {
  std::ifstream file{path};
  std::ostringstream text;
  if (!file || !(text << file.rdbuf()))
    return std::nullopt;
  return text.str();
}

result<chaos::scenario> load(const chaos_options& options) {
  const auto text = read_file(options.scenario);
  if (!text)
    return domain::fail(ec::invalid_value, fmt::format("{} cannot be read", options.scenario));
  auto read = chaos::read_scenario(*text);
  if (!read)
    return read;
  if (const auto store = chaos::to_store_kind(options.store))
    read->store = *store;
  else if (!options.store.empty())
    return domain::fail(ec::invalid_value, "--store is sqlite or postgresql");
  if (const auto checked = chaos::check_nodes(*read); !checked)
    return tl::unexpected(checked.error());
  if (options.next_server.empty() && chaos::needs_next_program(*read))
    return domain::fail(ec::invalid_value,
                        "--next-server must name a program of another version: the scenario has "
                        "upgrades");
  if (options.seconds)
    read->duration = std::chrono::seconds{*options.seconds};
  if (!options.keep.empty() && std::filesystem::exists(options.keep) &&
      !std::filesystem::is_empty(options.keep))
    return domain::fail(ec::invalid_value,
                        fmt::format("{} is not empty: it may be another run's", options.keep));
  if (!read->faults.empty() && chaos::draw_schedule(*read, 0).empty())
    return domain::fail(ec::invalid_value,
                        fmt::format("none of the scenario's faults can happen on {} in that time",
                                    chaos::to_string(read->store)));
  return read;
}

std::uint64_t draw_seed() {
  // Short enough to be typed.
  return std::random_device{}() % 1'000'000;
}

std::filesystem::path make_directory(const chaos_options& options) {
  if (!options.keep.empty()) {
    std::filesystem::create_directories(options.keep);
    return std::filesystem::absolute(options.keep);
  }
  return posix::make_temporary_directory(std::filesystem::temp_directory_path() /
                                         "talaria-chaos-run");
}

std::string replay_command(const chaos_options& options, std::uint64_t seed) {
  auto command = fmt::format("talaria chaos run {} --seed {}", options.scenario, seed);
  if (!options.store.empty())
    command += fmt::format(" --store {}", options.store);
  if (options.seconds)
    command += fmt::format(" --seconds {}", *options.seconds);
  if (!options.server.empty())
    command += fmt::format(" --server {}", options.server);
  if (!options.next_server.empty())
    command += fmt::format(" --next-server {}", options.next_server);
  return command;
}

}  // namespace

void add_chaos_options(CLI::App& command, chaos_options& into) {
  command.footer(chaos_footer);
  command.add_option("scenario", into.scenario, "Its file")->required();
  command.add_option("--seed", into.seed, "The same seed gives the same faults [any]");
  command.add_option("--store", into.store, "sqlite or postgresql [as the scenario says]");
  command.add_option("--seconds", into.seconds, "How long to submit and disturb")
      ->check(CLI::Range(1, 24 * 3600));
  command.add_option(
      "--keep", into.keep,
      "A new directory for ledgers, logs, schedule and verdict [kept only of a failure]");
  command.add_option("--server", into.server, "The program to run as `serve` [this one]")
      ->check(CLI::ExistingFile);
  command
      .add_option("--next-server", into.next_server,
                  "The same of another version, for scenarios with upgrades")
      ->check(CLI::ExistingFile);
}

int run_chaos(const chaos_options& options, std::ostream& report, std::ostream& progress) {
  auto scenario = load(options);
  if (!scenario) {
    progress << fmt::format("talaria chaos: {}\n", scenario.error().detail);
    return exit_usage;
  }
  const interruption handled;
  const auto seed = options.seed.value_or(draw_seed());
  const auto directory = make_directory(options);
  progress << fmt::format("{} on {}, seed {}; evidence in {}\n", scenario->name,
                          chaos::to_string(scenario->store), seed, directory.string());
  const auto result = chaos::run(
      {.scenario = *std::move(scenario),
       .seed = seed,
       .server = options.server.empty() ? std::filesystem::read_symlink("/proc/self/exe")
                                        : std::filesystem::absolute(options.server),
       .next_server = options.next_server.empty() ? std::filesystem::path{}
                                                  : std::filesystem::absolute(options.next_server),
       .directory = directory,
       .interrupted = [] { return interruption::happened(); }},
      progress);
  report << result.report
         << (result.holds() ? "every promise was kept\n" : "NOT every promise was kept\n")
         << fmt::format("again: {}\n", replay_command(options, seed));
  if (options.keep.empty() && result.holds())
    std::filesystem::remove_all(directory);
  else
    report << fmt::format("evidence: {}\n", directory.string());
  report << std::flush;
  return result.holds() ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace talaria::app
